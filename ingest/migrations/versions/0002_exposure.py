"""Exposure: contact modes, the words of a scope, switches, their audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: channel, label in French, label in English; in the order in which they are offered.
MODES = [
    ("phone", "Téléphone", "Phone"),
    ("callback", "Être rappelé", "Call me back"),
    ("chat", "Chat", "Chat"),
    ("messaging", "Messagerie", "Messaging"),
    ("video", "Visio", "Video call"),
    ("email", "E-mail", "E-mail"),
    ("form", "Formulaire", "Contact form"),
    ("appointment", "Rendez-vous", "Appointment"),
    ("chatbot", "Assistant virtuel", "Virtual assistant"),
    ("selfcare", "Aide en ligne", "Online help"),
]
#: kind, word, label in French, label in English.
WORDS = [
    ("reason", "billing", "Facturation", "Billing"),
    ("reason", "delivery", "Livraison", "Delivery"),
    ("reason", "subscription", "Souscription", "Subscription"),
    ("reason", "technical", "Technique", "Technical"),
    ("reason", "complaint", "Réclamation", "Complaint"),
    ("segment", "standard", "Standard", "Standard"),
    ("segment", "premium", "Premium", "Premium"),
    ("segment", "online_only", "100 % en ligne", "Online only"),
    ("surface", "web", "Site web", "Web site"),
    ("surface", "client_area", "Espace client", "Client area"),
    ("surface", "app", "Application", "App"),
    ("surface", "ivr", "Serveur vocal", "Voice menu"),
    ("surface", "email_signature", "Signature d’e-mail", "E-mail signature"),
]


def upgrade() -> None:
    _modes_and_words()
    _switches()
    _audit()


def _modes_and_words() -> None:
    modes = op.create_table(
        "exposure_modes",
        *_texts("channel"),
        sa.Column("position", sa.SmallInteger, nullable=False),
        *_texts("label_fr", "label_en"),
        sa.PrimaryKeyConstraint("channel", name="pk_exposure_modes"),
        _check("exposure_modes", "channel_is_a_word", "channel <> '*'"),
    )
    words = op.create_table(
        "exposure_words",
        *_texts("kind", "word"),
        sa.Column("position", sa.SmallInteger, nullable=False),
        *_texts("label_fr", "label_en"),
        sa.PrimaryKeyConstraint("kind", "word", name="pk_exposure_words"),
        _check("exposure_words", "kind_known", "kind in ('reason', 'segment', 'surface')"),
        _check("exposure_words", "word_is_a_word", "word <> '*'"),
    )
    op.bulk_insert(modes, [
        {"channel": channel, "position": position, "label_fr": fr, "label_en": en}
        for position, (channel, fr, en) in enumerate(MODES)
    ])
    op.bulk_insert(words, [
        {"kind": kind, "word": word, "position": position, "label_fr": fr, "label_en": en}
        for position, (kind, word, fr, en) in enumerate(WORDS)
    ])


def _switches() -> None:
    table = "exposure_switches"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        *_texts("channel", "reason", "segment", "surface", "state"),
        sa.Column("share", sa.SmallInteger, nullable=False),
        sa.Column("message_fr", sa.Text),
        sa.Column("message_en", sa.Text),
        *_texts("why", "owner"),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exposure_switches"),
        sa.UniqueConstraint(
            "channel", "reason", "segment", "surface",
            name="uq_exposure_switches_channel_reason_segment_surface",
        ),
        _check(table, "state_known", "state in ('promoted', 'open', 'tucked', 'closed')"),
        _check(table, "share_is_a_percentage", "share between 0 and 100"),
        _check(table, "why_is_told", "why <> ''"),
        _check(table, "owner_is_told", "owner <> ''"),
        _check(
            table, "closing_expires", "expires_at is not null or state in ('promoted', 'open')"
        ),
        _check(table, "expires_after_start", "expires_at > starts_at"),
        _check(table, "start_readable", _readable("starts_at")),
        _check(table, "expiry_readable", _readable("expires_at")),
    )


def _audit() -> None:
    table = "exposure_audit"
    op.create_table(
        table,
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_texts("actor_kind", "actor_name", "action"),
        sa.Column("switch_id", sa.BigInteger, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        *_texts("why", "previous", "hash"),
        sa.PrimaryKeyConstraint("seq", name="pk_exposure_audit"),
        _check(table, "seq_counts_from_one", "seq > 0"),
        _check(table, "before_is_json", "before is json object"),
        _check(table, "after_is_json", "after is json object"),
        _check(table, "something_changed", "before is distinct from after"),
        _check(table, "why_is_told", "why <> ''"),
        _check(table, "actor_is_told", "actor_name <> ''"),
    )
    op.create_index("ix_exposure_audit_switch_id_seq", table, ["switch_id", "seq"])
    op.create_table(
        "exposure_requests",
        *_texts("key", "digest", "answer"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_exposure_requests"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{table}_{name}")


def _readable(column: str) -> str:
    """What psycopg can read back; an «infinity» would blind every reader."""
    return f"{column} > '2000-01-01 00:00+00' and {column} < '2100-01-01 00:00+00'"
