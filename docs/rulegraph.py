"""Snakemake's rule graph with the figures as one box: dot on standard input and output.

Used by ``make rulegraph``; without this, a box per figure hides the stages.
"""

import re
import sys

NODE = re.compile(r"^\s*(\d+)\[label = \"(\w+)\"")
EDGE = re.compile(r"^\s*(\d+) -> (\d+)")

text = sys.stdin.read()
labels = {m[1]: m[2] for line in text.splitlines() if (m := NODE.match(line))}
shown = {
    number: "draw figures" if label.startswith("draw_") else label.replace("_", " ")
    for number, label in labels.items()
}
edges = {
    (shown[m[1]], shown[m[2]])
    for line in text.splitlines()
    if (m := EDGE.match(line)) and shown[m[1]] != shown[m[2]]
}
print("digraph rules {\n  rankdir=LR; ranksep=0.35; nodesep=0.15;")
print('  node [shape=box, style="rounded,filled", fillcolor="#EAF2F8", color="#0072B2",')
print('        fontname="Helvetica", fontsize=11]; edge [color="#888888"];')
for start, end in sorted(edges):
    print(f'  "{start}" -> "{end}";')
print("}")
