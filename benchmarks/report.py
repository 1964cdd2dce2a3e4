"""What the benchmark prints and writes: ratios against their targets, and what dominates."""

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from benchmarks.measure import Night, peak_of_children_mib

MEMORY_TARGET_MIB = 2048


@dataclass
class Report:
    """Rows of the table of ratios, and what is told beside it."""

    rows: list[tuple[str, str, str, float, float, float]] = field(default_factory=list)
    nights: dict[str, Night] = field(default_factory=dict)
    models: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    def row(
        self, letter: str, what: str, data: str, ours: float, other: float, target: float
    ) -> None:
        """One ratio; printed at once."""
        self.rows.append((letter, what, data, ours, other, target))
        print(
            f"  ({letter}) {what}, {data}: {ours:.2f} s / {other:.2f} s = {ours / other:.2f} "
            f"(at most {target:g}){'' if ours / other <= target else '  MISSED'}",
            flush=True,
        )

    def night(self, name: str, night: Night) -> None:
        """One night with its steps; printed at once."""
        self.nights[name] = night
        self.peaks.append(night.measured.peak_mib)
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in night.steps.items())
        print(
            f"  {name}: {night.seconds:.1f} s after {night.start:.1f} s of start ({steps}); "
            f"peak {night.measured.peak_mib:.0f} MiB",
            flush=True,
        )

    def note(self, line: str) -> None:
        """One line beside the tables; printed at once."""
        self.notes.append(line)
        print(f"  {line}", flush=True)

    def write(self, target: Path) -> None:
        """The measured part of RESULTS.md; what was made of it is written by hand below a line."""
        kept = ""
        if target.is_file():
            kept = target.read_text(encoding="utf-8").partition(MARK)[2]
        target.write_text("\n".join(self._lines()) + "\n\n" + MARK + kept, encoding="utf-8")
        print(f"Written: {target}")

    def _lines(self) -> list[str]:
        peak = max([*self.peaks, peak_of_children_mib()])
        lines = [
            "# Speed and memory",
            "",
            f"Measured by `make bench` on {date.today().isoformat()}, {os.cpu_count()} cores; load "
            f"average at the end {os.getloadavg()[1]:.1f}. Each pair ran side by side in one run; "
            "seconds without the start of the process.",
            "",
            "| | measured | data | seconds | against | ratio | at most | |",
            "|---|---|---|--:|--:|--:|--:|---|",
        ]
        for letter, what, data, ours, other, most in self.rows:
            kept = "kept" if ours / other <= most else "**missed**"
            lines.append(
                f"| {letter} | {what} | {data} | {ours:.2f} | {other:.2f} | "
                f"{ours / other:.2f} | {most:g} | {kept} |"
            )
        held = "kept" if peak < MEMORY_TARGET_MIB else "**missed**"
        lines += [
            f"| | peak memory of any process, MiB | all | {peak:.0f} | | | {MEMORY_TARGET_MIB} "
            f"| {held} |",
            "",
            "## The nights, step by step (seconds)",
            "",
            "| night | start of the process | whole without it | steps | peak MiB |",
            "|---|--:|--:|---|--:|",
        ]
        for name, night in self.nights.items():
            steps = ", ".join(f"{step.lower()} {taken:.1f}" for step, taken in night.steps.items())
            lines.append(
                f"| {name} | {night.start:.1f} | {night.seconds:.1f} | {steps} | "
                f"{night.measured.peak_mib:.0f} |"
            )
        lines += ["", "## The same figures", "", *(f"- {line}" for line in self.equal)]
        lines += ["", "## The models", "", *(f"- {line}" for line in self.notes), ""]
        for name, models in self.models.items():
            slowest = sorted(models.items(), key=lambda item: -item[1])[:10]
            told = ", ".join(f"`{model}` {seconds:.2f}" for model, seconds in slowest)
            lines.append(f"- Slowest, {name}: {told}.")
        return lines


MARK = "<!-- Written by hand from here on; `make bench` keeps it. -->\n"
