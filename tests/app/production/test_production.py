"""The files of docs/production are true: they parse, they hold together, and name what there is."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from app.bootstrap import House
from app.cli import build
from app.metrics.house import METRICS
from app.settings import Settings, Tables
from tests.app.conftest import Login

FOLDER = Path(__file__).parents[3] / "docs" / "production"
SERVICES = ("serve", "work", "hub")
UNITS = sorted((FOLDER / "systemd").iterdir())
#: Made by Prometheus itself.
_OWN = frozenset({"up"})
_METRIC = re.compile(r"\b(?:vigie|process)_[a-z_]+\b(?!\s*:)")


def compose() -> dict[str, dict[str, dict[str, object]]]:
    loaded = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_every_image_has_a_version_a_healthcheck_and_a_bounded_log() -> None:
    services = compose()["services"]
    assert {"db", "caddy", *SERVICES} <= services.keys()
    for name, service in services.items():
        tag = str(service["image"]).partition(":")[2]
        assert re.fullmatch(r"v?\d+(\.\d+)+", tag), name
        assert {"restart", "healthcheck", "logging"} <= service.keys(), name
    assert str(services["db"]["image"]).startswith("postgres:18.")


def test_secrets_come_from_the_file_and_no_process_of_ours_is_root() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    for name in SERVICES:
        service = compose()["services"][name]
        assert service["env_file"] == ["vigie.env"]
        assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
    assert "${POSTGRES_PASSWORD:?" in text
    assert "USER vigie" in (FOLDER / "Dockerfile").read_text()
    example = (FOLDER / "vigie.env.example").read_text()
    assert re.findall(r"^VIGIE_SECRET_KEY=(.*)$", example, re.MULTILINE) == [""]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command line of ours in the files, without the program."""
    for name in SERVICES:
        told = compose()["services"][name]["command"]
        assert isinstance(told, list)
        yield name, [str(word) for word in told]
    for unit in UNITS:
        found = re.search(r"^ExecStart=/opt/vigie/bin/vigie (.*)$", unit.read_text(), re.MULTILINE)
        if found:
            yield unit.name, found[1].split()


@pytest.mark.parametrize(("where", "words"), list(commands()), ids=lambda one: str(one)[:20])
def test_what_is_started_is_a_command_of_ours_with_options_it_has(
    where: str, words: list[str]
) -> None:
    told = CliRunner().invoke(build(), [words[0], "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0, where
    for option in (word for word in words if word.startswith("--")):
        assert option in told.stdout, f"{where}: {option}"


def test_the_settings_are_read() -> None:
    import tomllib

    tables = Tables.model_validate(tomllib.loads((FOLDER / "vigie.toml").read_text()))
    assert (tables.privacy.contacts_months, tables.site.zone) == (13, "Europe/Paris")
    assert tables.privacy.erasures == Path("/backups/erasures.jsonl")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_sound(unit: Path, tmp_path: Path) -> None:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(unit.read_text())
    if unit.suffix == ".service":
        service = dict(parsed["Service"])
        assert (service["User"], service["NoNewPrivileges"]) == ("vigie", "yes")
        assert service["ProtectSystem"] == "strict"
    if (analyze := shutil.which("systemd-analyze")) is None:
        pytest.skip("there is no systemd-analyze on this machine")
    for each in UNITS:
        text = each.read_text().replace("/opt/vigie/bin/vigie", "/bin/true")
        (tmp_path / each.name).write_text(re.sub("(User|Group)=vigie", r"\1=root", text))
    command = [analyze, "verify", "--man=no", str(tmp_path / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "vigie" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def expressions() -> Iterator[tuple[str, str]]:
    """What the dashboard and the alerts ask Prometheus."""
    for panel in json.loads((FOLDER / "grafana.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert {"summary", "description"} <= rule["annotations"].keys(), rule["alert"]
            assert rule["labels"]["severity"] in ("page", "warn")
            yield rule["alert"], rule["expr"]


def test_every_metric_that_is_asked_is_told(house: House, log_in: Login) -> None:
    browser = log_in("vera")
    text = browser.get("/metrics").text
    told = {one.name for family in text_string_to_metric_families(text) for one in family.samples}
    told |= set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    # Told by name from the first on that is counted: by worker, hub or a rule.
    told |= {f"{each.name}_total" for each in METRICS if each.counts}
    for family in re.findall(r"^# TYPE (\S+) histogram", text, re.MULTILINE):
        told |= {f"{family}_{part}" for part in ("bucket", "sum", "count")}
    # A gauge of the broadcast's: there from its first reading on.
    told.add("vigie_live_as_of_seconds")
    for where, expression in expressions():
        asked = set(_METRIC.findall(expression))
        assert asked or expression.startswith("up"), where
        assert asked - told - _OWN == set(), where


def test_panels_stand_beside_one_another_and_each_has_its_own_number() -> None:
    panels = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_prometheus_asks_where_the_services_tell() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    targets = [one["static_configs"][0]["targets"][0] for one in jobs]
    assert targets == ["serve:8050", "work:9101", "hub:9102"]
    told = dict(commands())
    assert "9101" in told["work"]
    assert "9102" in told["hub"]


def test_proxies_know_the_socket_and_keep_the_metrics_inside() -> None:
    nginx, caddy = ((FOLDER / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    assert nginx.count("{") == nginx.count("}")
    assert "proxy_set_header Upgrade $http_upgrade" in nginx
    assert "(metrics|readyz|healthz)" in nginx
    assert "@inner path /metrics /readyz /healthz" in caddy


@pytest.mark.parametrize("page", sorted(FOLDER.parent.glob("p*/*.md")), ids=lambda path: path.name)
def test_what_a_page_points_at_is_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        assert "://" in link or (page.parent / link).exists(), link


#: What the compose specification lets a service have, as far as it is used here.
_KEYS = frozenset({
    "build", "cap_drop", "command", "depends_on", "env_file", "environment", "healthcheck",
    "image", "logging", "networks", "ports", "profiles", "read_only", "restart", "security_opt",
    "shm_size", "stop_grace_period", "tmpfs", "volumes",
})  # fmt: skip
_CHECKS = frozenset({"test", "interval", "timeout", "retries", "start_period"})


def test_a_service_has_keys_that_there_are_and_names_what_is_there() -> None:
    told = compose()
    for name, service in told["services"].items():
        assert service.keys() <= _KEYS, name
        check = service["healthcheck"]
        assert isinstance(check, dict)
        assert check.keys() <= _CHECKS, name
        assert {"test", "interval", "timeout"} <= check.keys(), name
        assert set(listed(service, "depends_on")) <= told["services"].keys(), name
        assert set(listed(service, "networks")) <= told["networks"].keys(), name
        for volume in listed(service, "volumes"):
            place = volume.partition(":")[0]
            ours = place.startswith("./")
            there = (FOLDER / place).exists() if ours else place in told["volumes"]
            assert there or place == "./metrics.token", f"{name}: {place}"


def test_every_variable_is_explained_and_none_holds_a_secret() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    example, page = ((FOLDER / name).read_text() for name in ("vigie.env.example", "README.md"))
    offered = dict(re.findall(r"^#? ?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    assert asked <= offered.keys()
    assert "metrics.token" in page, "it is made by hand"
    for name in offered:
        field = name.removeprefix("VIGIE_").lower()
        known = field in Settings.model_fields or re.fullmatch("source_[a-z]+_secret", field)
        assert known or name in asked, f"nobody reads {name}"
    secret = re.compile("SECRET|PASSWORD|KEY|TOKEN")
    for name, service in compose()["services"].items():
        given = service.get("environment", {})
        assert isinstance(given, dict)
        for variable, value in given.items():
            assert not secret.search(variable) or str(value).startswith("${"), f"{name}: {variable}"
    assert all(not value for name, value in offered.items() if secret.search(name))


def listed(service: dict[str, object], key: str) -> list[str]:
    told = service.get(key, [])
    assert isinstance(told, dict | list)
    return [str(each) for each in told]
