"""A table without pandas."""
import html
import itertools

_MOST_ROWS = 60
_WIDEST = 60


class Table(dict):
    """Columns of equal length by their names. pandas.DataFrame(table) takes it as it is."""

    def rows(self):
        """A dictionary for each row."""
        return [dict(zip(self, values)) for values in zip(*self.values())]

    def pandas(self):
        """The same as a DataFrame."""
        import pandas

        return pandas.DataFrame(dict(self))

    def _cells(self):
        def text(value):
            shown = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
            return shown if len(shown) <= _WIDEST else shown[: _WIDEST - 3] + "..."

        return [list(map(text, row)) for row in itertools.islice(zip(*self.values()), _MOST_ROWS)]

    def _rest(self):
        count = len(next(iter(self.values()), []))
        return f"({count - _MOST_ROWS} more rows)" if count > _MOST_ROWS else ""

    def __repr__(self):
        lines = [list(self), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*lines)]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
        return "\n".join(text + [self._rest()]).rstrip()

    def _repr_html_(self):
        """For notebooks. What a file says is text, not markup."""

        def line(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(line(cells, "td") for cells in self._cells())
        return f"<table>{line(self, 'th')}{body}</table>{self._rest()}"
