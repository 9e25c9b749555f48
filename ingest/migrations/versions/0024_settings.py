"""What a site calls its channels and words: versions of the names, families, retirement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

#: Under which family people look for a channel.
FAMILIES = {
    "voice": ("phone", "callback", "video", "voicebot"),
    "messages": ("chat", "messaging", "social"),
    "written": ("email", "form", "letter"),
    "in person": ("branch", "appointment"),
    "self-service": ("chatbot", "selfcare"),
}


def upgrade() -> None:
    op.add_column("channels", sa.Column("family", sa.Text))
    for family, channels in FAMILIES.items():
        named = ", ".join(f"'{channel}'" for channel in channels)
        op.execute(f"update channels set family = '{family}' where channel in ({named})")
    op.add_column("exposure_words", sa.Column("retired_at", sa.DateTime(timezone=True)))
    op.create_table(
        "setting_versions",
        *_texts("part", "key"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.Text),
        *_texts("after"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_texts("by", "why"),
        sa.PrimaryKeyConstraint("part", "key", "version", name="pk_setting_versions"),
        _check("version_counts_from_one", "version > 0"),
        _check("before_is_json", "before is json object"),
        _check("after_is_json", "after is json object"),
        _check("something_changed", "before is distinct from after"),
        _check("actor_is_told", "by <> ''"),
        _check("why_is_told", "why <> ''"),
    )


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=f"ck_setting_versions_{name}")
