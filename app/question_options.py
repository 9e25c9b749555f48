"""What a question to the KPIs is on a command line: the types of the options."""

from __future__ import annotations

from typing import Annotated

import typer

From = Annotated[
    str, typer.Option("--from", metavar="T", help="First instant: a date or date-time.")
]
To = Annotated[str, typer.Option("--to", metavar="T", help="First instant that is not in it.")]
By = Annotated[str, typer.Option("--by", metavar="DIM,…", help="Dimensions to group by.")]
Where = Annotated[
    list[str], typer.Option("--where", metavar="DIM=VALUE", help="Only these contacts.")
]
Grain = Annotated[str, typer.Option("--grain", help="15min, hour, day or total.")]
Zone = Annotated[str | None, typer.Option("--zone", help="IANA time zone; else the site's.")]
Formula = Annotated[
    str | None,
    typer.Option(
        "--service-level-formula", metavar="ID", help="Which service level; else the site's."
    ),
]
TargetSeconds = Annotated[
    int | None,
    typer.Option("--target-seconds", metavar="N", help="Instead of each contact's own target."),
]
Window = Annotated[
    int, typer.Option("--repeat-window", metavar="DAYS", help="A repeat comes within so many.")
]
SameReason = Annotated[
    bool, typer.Option("--same-reason", help="A repeat is for the same reason as before.")
]
SameChannel = Annotated[
    bool, typer.Option("--same-channel", help="A repeat is on the same channel as before.")
]
