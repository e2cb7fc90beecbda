// Runs that train while the page is open: their state and latest figures, and the loss over their steps, row by row as they
// write them.
(() => {
  const {make, table, seriesColour, onTheme} = fovea.tools;

  const dashes = ["", "7 3", "2 3", "9 3 2 3", "5 2 1 2"];
  const most = 5;  // lines that can be told apart
  const mostPoints = 1200;
  const size = {width: 640, height: 240, left: 64, right: 12, top: 10, bottom: 34};

  const shortNumber = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "-");

  /** The least and the largest of each part of a long series, so that no spike is lost. @param {number[][]} points */
  function thinned(points) {
    if (points.length <= mostPoints) return points;
    const part = Math.ceil((2 * points.length) / mostPoints);
    const kept = [];
    for (let i = 0; i < points.length; i += part) {
      const some = points.slice(i, i + part);
      const low = some.reduce((a, b) => (b[1] < a[1] ? b : a));
      const high = some.reduce((a, b) => (b[1] > a[1] ? b : a));
      kept.push(...(low === high ? [low] : [low, high].sort((a, b) => a[0] - b[0])));
    }
    return kept;
  }

  const range = (numbers) => {
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    return low < high ? [low, high] : [low - 0.5, high + 0.5];
  };

  /** @param {{name: string, points: number[][]}[]} series @param {string} metric */
  function chart(series, metric) {
    const drawn = series.map((one, i) => ({...one, i, points: thinned(one.points)})).filter((one) => one.points.length > 0);
    if (drawn.length === 0) return null;
    const all = drawn.flatMap((one) => one.points);
    const [x0, x1] = range(all.map((point) => point[0]));
    const [y0, y1] = range(all.map((point) => point[1]));
    const x = (value) => size.left + ((value - x0) / (x1 - x0)) * (size.width - size.left - size.right);
    const y = (value) => size.height - size.bottom - ((value - y0) / (y1 - y0)) * (size.height - size.top - size.bottom);
    const label = (text, attributes) => make("text", {class: "tick", ...attributes}, text);
    const axis = make("path", {class: "axis", d: `M${size.left},${size.top}V${size.height - size.bottom}H${size.width - size.right}`});
    const lines = drawn.map((one) => make("path", {class: "series", stroke: seriesColour(one.i), "stroke-dasharray": dashes[one.i],
      d: "M" + one.points.map((point) => `${x(point[0]).toFixed(1)},${y(point[1]).toFixed(1)}`).join("L")}));
    const bottom = size.height - size.bottom + 16;
    const last = drawn.map((one) => `${one.name} ${shortNumber(one.points[one.points.length - 1][1])}`).join(", ");
    return make("svg", {viewBox: `0 0 ${size.width} ${size.height}`, role: "img", "aria-label": `${metric} over steps; last: ${last}`},
      axis, ...lines,
      label(shortNumber(y1), {x: size.left - 6, y: size.top + 8, "text-anchor": "end"}),
      label(shortNumber(y0), {x: size.left - 6, y: size.height - size.bottom, "text-anchor": "end"}),
      label(shortNumber(x0), {x: size.left, y: bottom}),
      label(shortNumber(x1), {x: size.width - size.right, y: bottom, "text-anchor": "end"}),
      label("step", {x: (size.left + size.width) / 2, y: bottom, "text-anchor": "middle"}),
      label(metric, {x: size.left + 8, y: size.top + 10}));
  }

  function legend(series) {
    return make("ul", {class: "legend"}, ...series.map((one, i) => make("li", {},
      make("svg", {viewBox: "0 0 34 8", width: 34, height: 8, "aria-hidden": "true"},
        make("path", {class: "series", stroke: seriesColour(i), "stroke-dasharray": dashes[i], d: "M0,4H34"})), one.name)));
  }

  /** What is known of one run. */
  class Followed {
    constructor(id, name) {
      Object.assign(this, {id, name, state: "", note: "", message: ""});
      this.clear();
    }

    clear() {
      this.step = 0;
      this.seconds = 0;
      this.points = [];
      /** @type {Map<string, number>} */
      this.latest = new Map();
    }

    take(row) {
      this.step = row.step;
      this.seconds = row.seconds ?? this.seconds;
      if (row.kind === "message") this.message = row.text;
      if (row.kind !== "train" && row.kind !== "evaluation") return;
      for (const [name, slice, value] of row.values) {
        if (slice !== "") continue;
        this.latest.set(row.kind === "train" ? name : `${row.text} ${name}`, value ?? NaN);
        if (row.kind === "train" && name === "loss" && value !== null) this.points.push([row.step, value]);
      }
    }

    sentence() {
      const note = this.note ? ` (${this.note})` : "";
      const message = this.message ? ` It says: ${this.message}` : "";
      return `${this.name}: ${this.state || "waiting"}${note}, step ${this.step}, ${Math.round(this.seconds)} s worked.${message}`;
    }
  }

  function figures(runs) {
    const names = [...new Set(runs.flatMap((run) => [...run.latest.keys()]))];
    const rows = runs.map((run) => [run.name, String(run.step), ...names.map((name) => shortNumber(run.latest.get(name) ?? NaN))]);
    return table({title: "", columns: ["run", "step", ...names], numbers: [false, true, ...names.map(() => true)], rows, notes: []},
      "Latest figures");
  }

  /**
   * Shows what happens to some runs in an element until it is stopped.
   * @param {HTMLElement} element @param {{id: string, name: string}[]} runs @param {(ids: string[]) => EventSource} events
   * @returns {() => void} stops
   */
  function live(element, runs, events) {
    const followed = runs.slice(0, most).map((run) => new Followed(run.id, run.name));
    const byId = new Map(followed.map((run) => [run.id, run]));
    const note = runs.length > most ? make("p", {class: "note"}, `The first ${most} of ${runs.length} runs; choose others in the list.`) : null;
    const states = make("ul", {class: "states"});
    const content = make("div", {});
    element.replaceChildren(...[note, states, content].filter((part) => part !== null));
    let isDue = false;

    function draw() {
      isDue = false;
      states.replaceChildren(...followed.map((run) => make("li", {}, run.sentence())));
      const series = followed.map((run) => ({name: run.name, points: run.points}));
      const parts = [chart(series, "loss"), series.length > 1 ? legend(series) : null, figures(followed)];
      content.replaceChildren(...parts.filter((part) => part !== null));
    }
    const drawSoon = () => {
      if (isDue) return;
      isDue = true;
      setTimeout(draw, 250);
    };

    const source = events(followed.map((run) => run.id));
    const on = (kind, act) => source.addEventListener(kind, (event) => {
      const data = JSON.parse(/** @type {MessageEvent} */ (event).data);
      const run = byId.get(data.run);
      if (run) act(run, data);
      drawSoon();
    });
    on("row", (run, data) => run.take(data));
    on("restarted", (run) => run.clear());
    on("state", (run, data) => Object.assign(run, {state: data.state, note: data.text}));
    on("problem", (run, data) => Object.assign(run, {state: "cannot be read", note: data.text}));
    onTheme(drawSoon);
    draw();
    return () => source.close();
  }

  Object.assign(fovea, {live});
})();
