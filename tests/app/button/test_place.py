"""What is copied from the cockpit: a tag, an address, a signature."""

from __future__ import annotations

from app.button.place import Place, page_address, script_tag, signature

HUB = "https://hub.example.com"


def test_the_tag_says_what_is_set_and_nothing_else() -> None:
    tag = script_tag(HUB, Place("web", "billing", language="en"), open_after="20", position="")
    assert tag == (
        '<script async src="https://hub.example.com/hub/button.js"\n  data-surface="web"\n'
        '  data-reason="billing"\n  data-language="en"\n  data-open-after="20"></script>\n'
        '<noscript><a href="https://hub.example.com/hub/page?surface=web&amp;reason=billing'
        '&amp;language=en">Contact us</a></noscript>'
    )


def test_a_signature_is_a_surface_of_its_own_unless_another_is_said() -> None:
    assert "surface=email_signature" in signature(HUB, Place())
    assert "surface=app" in signature(HUB, Place("app"))


def test_what_a_query_tells_is_a_word_or_nothing() -> None:
    told = {"surface": " web ", "reason": "", "segment": "x" * 201, "language": "en-GB"}
    assert Place.of(told) == Place("web", language="en")
    assert page_address(HUB, Place.of({})) == f"{HUB}/hub/page"
