"""Who may get in and who came in: accounts, sessions that stand, tokens."""

from __future__ import annotations

from app.audit.source import Source, as_it_is
from app.i18n import N_

_SQL = """
    select 1::bigint as number, created_at as at, name as who, 'added' as act, name as subject,
        null::text as before, role as after, null::text as why
    from users
    union all
    select 2, disabled_at, name, 'disabled', name, role, null, null
    from users where disabled_at is not null
    union all
    select 3, created_at, user_name, 'logged_in', user_name, null, way || ', ' || address, null
    from sessions
    union all
    select 4, created_at, user_name, 'token', user_name, null, nullif(label, ''), null
    from api_tokens
    union all
    select 5, confirmed_at, user_name, 'second_factor', user_name, null, null, null
    from second_factors where confirmed_at is not null
    union all
    select 6, linked_at, user_name, 'linked', user_name, null, issuer, null
    from linked_identities
"""

SOURCES = (
    Source(
        key="access",
        title=N_("Access"),
        right="manage_users",
        sql=_SQL,
        told=as_it_is,
        acts={
            "added": N_("account added"),
            "disabled": N_("account disabled"),
            "logged_in": N_("logged in"),
            "token": N_("token made"),
            "second_factor": N_("second factor set up"),
            "linked": N_("single sign-on linked"),
        },
    ),
)
