// View 8: points in the order in which they are chosen, and the regions of an image that are looked at, step by step.
(() => {
  const {make, seriesColour} = fovea.tools;
  const {weightText} = fovea.controls;
  const size = 400;  // of a drawing
  const onPaper = ["#0072B2", "#D55E00"];  // on an image, which is dark on white also in the dark
  const margin = 48;

  /** Item i of a packed array as an array of numbers. */
  async function itemsOf(packed) {
    if (packed === null) return null;
    const values = await fovea.tools.unpack(packed);
    const length = packed.shape[0] > 0 ? values.length / packed.shape[0] : 0;
    return (item) => Array.from(values.subarray(item * length, (item + 1) * length));
  }

  /** The points at these places, up to the first that is none. */
  function ordered(points, places) {
    const end = places.findIndex((place) => !(place >= 0 && place < points.length));
    return (end < 0 ? places : places.slice(0, end)).map((place) => points[place]);
  }

  /** From the numbers of the points to pixels; the same for both axes where they are of one plane. */
  function frameOf(points, isPlane) {
    const range = (axis) => {
      const values = points.map((point) => point[axis]).filter(Number.isFinite);
      const low = Math.min(...values);
      const high = Math.max(...values);
      return {low, extent: high > low ? high - low : 1};
    };
    const [x, y] = [range(0), range(1)];
    if (isPlane) x.extent = y.extent = Math.max(x.extent, y.extent);
    const inside = size - 2 * margin;
    return {
      x, y,
      place: ([a, b]) => [margin + ((a - x.low) / x.extent) * inside, size - margin - ((b - y.low) / y.extent) * inside],
    };
  }

  const polyline = (frame, points, attributes) => make("polyline",
    {points: points.map((point) => frame.place(point).map((value) => value.toFixed(1)).join(",")).join(" "), fill: "none", ...attributes});

  function axes(frame, names) {
    const short = (value) => String(Number(value.toPrecision(3)));
    const end = size - margin;
    const label = (x, y, text, anchor) => make("text", {x, y, "text-anchor": anchor, class: "axis"}, text);
    return make("g", {},
      make("path", {d: `M${margin},${margin} V${end} H${end}`, class: "axis-line"}),
      label(margin, end + 16, short(frame.x.low), "middle"), label(end, end + 16, short(frame.x.low + frame.x.extent), "middle"),
      label(margin - 4, end, short(frame.y.low), "end"), label(margin - 4, margin + 4, short(frame.y.low + frame.y.extent), "end"),
      label(size / 2, end + 30, names[0], "middle"), label(margin, margin - 12, names[1], "middle"));
  }

  /** Points, the right order dashed, the chosen one up to a step. */
  function drawPath(points, pointers, targets, step, isPlane) {
    const frame = frameOf(points, isPlane);
    const told = ordered(points, pointers);
    const drawn = told.slice(0, step);
    const dots = points.map((point, i) => {
      const [cx, cy] = frame.place(point);
      return make("circle", {cx: cx.toFixed(1), cy: cy.toFixed(1), r: 4, class: "point"}, make("title", {}, `point ${i}`));
    });
    const current = drawn.length > 0 ? frame.place(drawn[drawn.length - 1]) : null;
    const label = `${points.length} points; ${drawn.length} of ${told.length} pointers are drawn; the table below has them in numbers`;
    return make("svg", {viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: "img", "aria-label": label, class: "plane"},
      axes(frame, isPlane ? ["x", "y"] : ["place in the row", "number"]),
      targets ? polyline(frame, ordered(points, targets), {stroke: seriesColour(1), "stroke-width": 6, "stroke-dasharray": "2 7", "stroke-linecap": "round"}) : null,
      polyline(frame, drawn, {stroke: seriesColour(0), "stroke-width": 2}),
      ...dots,
      ...drawn.map((point, i) => {
        const [x, y] = frame.place(point);
        return drawn.length <= 30 ? make("text", {x: (x + 7).toFixed(1), y: (y - 5).toFixed(1), class: "order"}, String(i + 1)) : null;
      }),
      current ? make("circle", {cx: current[0].toFixed(1), cy: current[1].toFixed(1), r: 8, fill: "none", stroke: seriesColour(0), "stroke-width": 3}) : null);
  }

  function key(entries, kind = "") {
    return make("ul", {class: `key ${kind}`}, ...entries.map(([text, attributes]) => make("li", {},
      make("svg", {width: 36, height: 12, "aria-hidden": "true"}, make("line", {x1: 2, y1: 6, x2: 34, y2: 6, ...attributes})), ` ${text}`)));
  }

  /** @param {string[]} columns @param {any[][]} rows @param {number} current */
  function stepTable(columns, rows, current, caption) {
    return make("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": caption},
      make("table", {class: "reads"}, make("caption", {}, caption),
        make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", {scope: "col"}, name)))),
        make("tbody", {}, ...rows.map((row, i) => make("tr", {class: i === current ? "current" : null, "aria-current": i === current ? "step" : null},
          ...row.map((cell, k) => make(k === 0 ? "th" : "td", {scope: k === 0 ? "row" : null}, cell)))))));
  }

  const equalText = (given, wanted) => (wanted === undefined || wanted === null ? "" : given === wanted ? "✓" : "✗");

  /** Shows items of points: {steps(item), draw(item, step)}. */
  async function pathShow(run) {
    const [points, pointers, targets] = await Promise.all([itemsOf(run.points), itemsOf(run.pointers), itemsOf(run.targets)]);
    const width = run.points.shape[2];
    const isPlane = width === 2;
    const pointsOf = (item) => {
      const values = points(item);
      return isPlane ? values.flatMap((_, i) => (i % 2 === 0 ? [[values[i], values[i + 1]]] : [])) : values.map((value, i) => [i, value]);
    };
    const number = (value) => String(Number(value.toPrecision(3)));
    const name = (all, place) => (place >= 0 && place < all.length ? `${place} (${(isPlane ? all[place] : [all[place][1]]).map(number).join(", ")})` : "none");
    return {
      steps: (item) => ordered(pointsOf(item), pointers(item)).length,
      draw(item, step) {
        const all = pointsOf(item);
        const order = pointers(item);
        const right = targets ? targets(item) : null;
        const lines = [["pointers, in their order", {stroke: seriesColour(0), "stroke-width": 2}]];
        if (right) lines.push(["right order", {stroke: seriesColour(1), "stroke-width": 6, "stroke-dasharray": "2 7", "stroke-linecap": "round"}]);
        const rows = order.map((place, i) => [String(i + 1), name(all, place), ...(right ? [name(all, right[i]), equalText(place, right[i])] : [])]);
        return [drawPath(all, order, right, step, isPlane), key(lines),
          stepTable(["step", "points at", ...(right ? ["right", "equal"] : [])], rows, step - 1, "The pointers in their order")];
      },
    };
  }

  function paintImage(canvas, levels, rows, columns) {
    canvas.width = columns;
    canvas.height = rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    levels.forEach((level, i) => image.data.set([255 - level, 255 - level, 255 - level, 255], 4 * i));
    context.putImageData(image, 0, 0);
  }

  /** The regions of one step over the image: how dark a box is drawn says its weight, a dashed one is right. */
  function boxes(run, step) {
    const cell = size / run.grid;
    const box = (region, attributes, title) => make("rect", {x: (region % run.grid) * cell + 3, y: Math.floor(region / run.grid) * cell + 3,
      width: cell - 6, height: cell - 6, fill: "none", ...attributes}, make("title", {}, title));
    const looked = step.kept.map((region, i) => box(region, {stroke: onPaper[1], "stroke-width": 6, "stroke-opacity": Math.max(step.weights[i] ?? 0, 0).toFixed(3)},
      `region ${region}, weight ${weightText(step.weights[i])}`));
    const right = step.right >= 0 ? [box(step.right, {stroke: onPaper[0], "stroke-width": 3, "stroke-dasharray": "8 6"}, `region ${step.right} is right`)] : [];
    return [...looked, ...right];
  }

  /** Shows items of an image. */
  async function glimpseShow(run) {
    const image = await itemsOf(run.image);
    const [, rows, columns] = run.image.shape;
    const best = (step) => step.kept.reduce((most, region, i) => (most < 0 || step.weights[i] > step.weights[step.kept.indexOf(most)] ? region : most), -1);
    return {
      steps: (item) => run.steps[item].length,
      draw(item, count) {
        const steps = run.steps[item];
        const at = Math.max(count - 1, 0);
        const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", {class: "image", "aria-hidden": "true"}));
        paintImage(canvas, image(item), rows, columns);
        const label = steps[at] ? `step ${at + 1}: looks most at region ${best(steps[at])}; the table below has all steps` : "no step";
        const overlay = make("svg", {viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, class: "overlay"}, ...(steps[at] ? boxes(run, steps[at]) : []));
        const table = steps.map((step, i) => [String(i + 1), `${best(step)} (${weightText(Math.max(...step.weights, 0))})`, step.right < 0 ? "" : String(step.right),
          step.given ?? "", step.wanted ?? "", equalText(step.given, step.wanted)]);
        const lines = [["looked at, as visible as its weight", {stroke: onPaper[1], "stroke-width": 6}],
          ["right region", {stroke: onPaper[0], "stroke-width": 3, "stroke-dasharray": "8 6"}]];
        return [make("div", {class: "glimpse"}, canvas, overlay), key(lines, "paper"),
          stepTable(["word", "looks at region", "right region", "says", "right word", "equal"], table, at, "Regions row by row from 0, with the largest weight of each step")];
      },
    };
  }

  /** One run: items, steps, and what is drawn of them. */
  async function showRun(element, run, tools, isCurrent) {
    const drawn = await (run.kind === "glimpse" ? glimpseShow(run) : pathShow(run));
    if (!isCurrent()) return;
    const state = {item: 0, step: 0};
    const controls = make("div", {class: "controls"});
    const body = make("div", {class: "plane-body"});
    const pane = make("div", {}, controls, body);
    const stepper = fovea.controls.stepper(pane, (change) => chooseItem(state.item + change));
    const slider = make("input", {type: "range", min: 1, step: 1, "aria-label": "Step"});
    slider.addEventListener("input", () => { state.step = Number(slider.value); draw(); });
    const place = make("span", {role: "status"});

    function draw() {
      const steps = drawn.steps(state.item);
      place.textContent = `step ${state.step} of ${steps}`;
      body.replaceChildren(...drawn.draw(state.item, state.step));
    }
    function chooseItem(item) {
      state.item = Math.min(Math.max(item, 0), run.items - 1);
      state.step = drawn.steps(state.item);
      if (run.kind === "glimpse") state.step = Math.min(state.step, 1);
      slider.setAttribute("max", String(Math.max(drawn.steps(state.item), 1)));
      slider.value = String(state.step);
      const answered = run.answered[state.item];
      const verdict = answered === null ? "" : answered ? ", ✓ answered right" : ", ✗ answered wrong";
      stepper.show(`item ${state.item} of the ${run.split} sample${verdict}`, state.item === 0, state.item + 1 >= run.items);
      draw();
    }

    controls.append(stepper.element, make("span", {class: "choice"}, "Step ", slider, place));
    element.replaceChildren(pane);
    chooseItem(0);
    tools.onTheme(() => isCurrent() && draw());
  }

  /** @type {View} */
  function planes(element, data, tools) {
    let version = 0;
    const body = make("div");
    function show(place) {
      const mine = ++version;
      showRun(body, data.runs[place], tools, () => mine === version).catch((error) =>
        body.replaceChildren(make("p", {role: "alert"}, `The items of ${data.runs[place].name} cannot be shown: ${error.message}.`)));
    }
    const names = data.runs.map((run) => run.name);
    if (names.length > 1) element.append(make("div", {class: "controls"}, fovea.controls.chooser("Run", names, show)));
    element.append(body, fovea.controls.notes(data.note));
    show(0);
  }

  fovea.view("planes", planes);
})();
