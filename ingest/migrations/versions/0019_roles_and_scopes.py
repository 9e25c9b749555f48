"""Five roles, and what sites and channels a user is limited to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_ROLES = ("viewer", "supervisor", "operator", "manager", "admin")


def upgrade() -> None:
    op.add_column("users", sa.Column("sites", sa.ARRAY(sa.Text)))
    op.add_column("users", sa.Column("channels", sa.ARRAY(sa.Text)))
    op.drop_constraint("ck_users_role", "users", type_="check")
    op.create_check_constraint("ck_users_role", "users", f"role in {_ROLES}")
    op.create_check_constraint(
        "ck_users_scope_told", "users", "cardinality(sites) > 0 and cardinality(channels) > 0"
    )
