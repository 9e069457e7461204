#!/usr/bin/env python3
"""Draws what `tmux capture-pane -e -p` gave (standard input) as an SVG (standard output)."""
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

WIDTH, HEIGHT, SIZE, EDGE = 8.43, 18, 14, 14
INK, PAPER = "#d8d8d8", "#16181d"
COLOURS = ["#3b4048", "#e06c75", "#98c379", "#d7ba7d", "#61afef", "#c678dd", "#56b6c2", "#d8d8d8"]


def cells(line, style):
    """Each cell's character and style; styles last across lines."""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not part.startswith("\x1b"):
            for character in part:
                yield character, dict(style)
            continue
        for code in (int(number or 0) for number in part[2:-1].split(";")):
            if code == 0: style.clear()
            elif code == 1: style["bold"] = True
            elif code == 2: style["dim"] = True
            elif 30 <= code <= 37: style["ink"] = COLOURS[code - 30]
            elif 90 <= code <= 97: style["ink"] = COLOURS[code - 90]
            elif code == 39: style.pop("ink", None)


lines = sys.stdin.read().rstrip("\n").split("\n")
columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
width, height = columns * WIDTH + 2 * EDGE, len(lines) * HEIGHT + 2 * EDGE
print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="DejaVu Sans Mono" font-size="{SIZE}">')
print(f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>')
style = {}
for row, line in enumerate(lines):
    column = 0
    for character, look in list(cells(line, style)):
        if character != " ":
            weight = ' font-weight="bold"' if look.get("bold") else ""
            faint = ' opacity="0.6"' if look.get("dim") else ""
            print(f'<text x="{EDGE + column * WIDTH:.2f}" y="{EDGE + row * HEIGHT + SIZE}" fill="{look.get("ink", INK)}"{weight}{faint}>{escape(character)}</text>')
        column += 2 if unicodedata.east_asian_width(character) in "WF" else 1
print("</svg>")
