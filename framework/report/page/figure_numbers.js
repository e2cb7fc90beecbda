// The numbers of a figure as rows, in the columns of `fovea figure -o x.csv`.
(() => {
  const names = ["panel", "series", "x", "category", "y", "low", "high", "value"];

  function pointRows(panel, data) {
    return fovea.rowsOf(data).map((row) =>
      [panel.title, row.name, row.x, row.category ?? null, row.y, row.low, row.high, null]);
  }

  function cellRows(panel, data) {
    const [grid] = fovea.rowsOf(data);
    const centre = (edges, i) => (edges[i] + edges[i + 1]) / 2;
    return grid.values.map((value, i) => {
      const column = i % grid.width;
      const row = Math.floor(i / grid.width);
      return [panel.title, "", centre(grid.column_edges, column), null, centre(grid.row_edges, row), null, null, value];
    });
  }

  /** @param {any} figure of the model @returns {any[][]} the first row has the names */
  function numbersOf(figure) {
    const rows = figure.panels.flatMap((panel, i) => {
      const points = figure.data[`panel_${i}_points`];
      const matrix = figure.data[`panel_${i}_matrix`];
      return [...(points ? pointRows(panel, points) : []), ...(matrix ? cellRows(panel, matrix) : [])];
    });
    return [names, ...rows];
  }

  const mostRows = 1000;

  /** The same as a table of the page, without columns that are empty. @returns {Table} */
  function numbersTable(figure) {
    const [head, ...rows] = numbersOf(figure);
    const isUsed = head.map((_, i) => rows.some((row) => row[i] !== null && row[i] !== ""));
    const pick = (row) => row.filter((_, i) => isUsed[i]).map((cell) => (cell === null || cell === undefined ? "" : String(cell)));
    const isNumber = head.map((name) => !["panel", "series", "category"].includes(name));
    return {
      title: "",
      columns: pick(head),
      numbers: isNumber.filter((_, i) => isUsed[i]),
      rows: rows.slice(0, mostRows).map(pick),
      notes: rows.length > mostRows ? [`The first ${mostRows} of ${rows.length} rows; the CSV has all of them.`] : [],
    };
  }

  Object.assign(fovea, {numbersOf, numbersTable});
})();
