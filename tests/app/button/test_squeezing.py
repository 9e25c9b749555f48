"""Scripts and styles made small keep their meaning."""

from __future__ import annotations

import pytest

from app.button.squeezing import squeezed_script, squeezed_style


@pytest.mark.parametrize(
    ("source", "small"),
    [
        ("const one = 1; // told once\nconst two = 2;", "const a=1,b=2;"),
        ("const one = (two) => two + 1;", "const b=a=>a+1;"),
        ("let one = { two, three: two };", "let b={two:a,three:a};"),
        ('go(/a\\/"/g.test(it) ? "x // y" : it.at);', 'b(/a\\/"/g.test(a)?"x // y":a.at);'),
        ("const { one: two, three } = JSON;\ntwo(three);", "const{one:a,three:b}=JSON;a(b);"),
        ("const n = 1; go(); const m = n - -1;", "const a=1;b();const c=a- -1;"),
        ("async function go() { await it; }", "async function a(){await b}"),
    ],
)  # fmt: skip
def test_a_script_loses_space_comments_and_long_names_and_nothing_else(
    source: str, small: str
) -> None:
    assert squeezed_script(source) == small


def test_a_style_sheet_loses_space_and_comments_and_keeps_what_selects() -> None:
    source = """/* why */
    .a .b:hover , .c {
      inset: auto 0 0;
      color: red;
    }
    @media (width < 5px) { * { top: 0; } }"""
    small = ".a .b:hover,.c{inset:auto 0 0;color:red}@media (width < 5px){*{top:0}}"
    assert squeezed_style(source) == small
