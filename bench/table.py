"""table.py - rounds of a competitor become one row: the median, the spread, and how it stands to ours."""

import statistics

HEAD = ("", "median", "lowest to highest", "ours / its", "p50", "p99", "errors", "peak RSS", "CPU each")


def milliseconds(values_us):
    values_us = [value for value in values_us if value is not None]
    return f"{statistics.median(values_us) / 1000:.2f} ms" if values_us else "–"


class Competitor:
    """Collects the rounds of one side of a comparison."""

    def __init__(self, name):
        self.name = name
        self.rates, self.p50_us, self.p99_us, self.cpu_us, self.peak_rss_mib = [], [], [], [], []
        self.errors = None

    def add(self, rate, p50_us=None, p99_us=None, errors=None, cpu_us=None, peak_rss_mib=None):
        self.rates.append(rate)
        self.p50_us.append(p50_us)
        self.p99_us.append(p99_us)
        if errors is not None:
            self.errors = (self.errors or 0) + errors
        if cpu_us is not None:
            self.cpu_us.append(cpu_us)
        if peak_rss_mib is not None:
            self.peak_rss_mib.append(peak_rss_mib)

    def median(self):
        return statistics.median(self.rates)

    def row(self, ours=None):
        """Its row; with a ratio when it stands beside ours."""
        return (
            self.name,
            f"{self.median():,.0f}",
            f"{min(self.rates):,.0f} to {max(self.rates):,.0f}",
            f"{ours.median() / self.median():.2f}" if ours else "",
            milliseconds(self.p50_us),
            milliseconds(self.p99_us),
            "–" if self.errors is None else str(self.errors),
            f"{max(self.peak_rss_mib):.0f} MiB" if self.peak_rss_mib else "–",
            cpu_each(self) if self.cpu_us else "–",
        )


def cpu_each(competitor):
    return f"{statistics.median(competitor.cpu_us):.2f} µs"


def markdown(head, rows):
    """A Markdown table whose source lines up, so that a terminal shows it as well."""
    rows = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def comparison(ours, beside):
    """The whole table: our rows, then those beside the first of them."""
    return markdown(HEAD, [*(row.row() for row in ours), *(row.row(ours[0]) for row in beside)])
