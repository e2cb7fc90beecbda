// View 6: what each read of an item looked at, item by item.
(() => {
  const {make, cividis} = fovea.tools;
  const {weightText} = fovea.controls;

  const filters = [
    {name: "all items", fits: () => true},
    {name: "right answer, wrong item read", fits: (item) => item.answered === true && item.read === false},
    {name: "wrong answer, right item read", fits: (item) => item.answered === false && item.read === true},
    {name: "right answers", fits: (item) => item.answered === true},
    {name: "wrong answers", fits: (item) => item.answered === false},
  ];

  const verdictText = (item) => {
    const answered = item.answered === null ? null : item.answered ? "✓ answered right" : "✗ answered wrong";
    const read = item.read === null ? null : item.read ? "✓ read the right item" : "✗ read a wrong item";
    return [answered, read].filter((text) => text !== null).join(", ");
  };

  /** The path of a site without the folders that all sites share. */
  function shortPath(site, run) {
    const folders = run.sites.map(({path}) => path.split("/").slice(0, -1));
    const shared = folders[0].findIndex((name, i) => folders.some((folder) => folder[i] !== name));
    return site.path.split("/").slice(shared < 0 ? folders[0].length : shared).join("/");
  }

  /** "hop_1", "pointer 3 (Mary), head 2" */
  function readName(read, run, all) {
    const site = run.sites[read.site];
    const isAlone = all.filter((other) => other.site === read.site).length === 1;
    const query = isAlone ? "" : ` ${read.query}${read.words ? ` (${read.words})` : ""}`;
    return shortPath(site, run) + query + (site.heads > 1 ? `, head ${read.head}` : "");
  }

  const partName = (parts, place) => {
    const text = parts.texts[parts.places.indexOf(place)];
    return text ? text : `item ${place}`;
  };

  /** Weight, star and frame of one item in one read. */
  function describeCell(read, place) {
    const at = read.kept.indexOf(place);
    return {
      weight: at < 0 ? null : read.weights[at],
      isKept: at >= 0,
      isBest: read.best === place,
      isRight: read.right.includes(place),
    };
  }

  const cellTitle = (cell) => [cell.isBest ? "looked at most" : "", cell.isRight ? "right" : ""].filter(Boolean).join(", ");

  /** A bar with its number. */
  function barCell(read, place) {
    const cell = describeCell(read, place);
    const element = make("td", {class: `weight${cell.isRight ? " right" : ""}`, title: cellTitle(cell) || null});
    if (!cell.isKept) return element;
    const bar = make("span", {class: "bar", "aria-hidden": "true"});
    bar.style.width = `${Math.min(Math.max(cell.weight ?? 0, 0), 1) * 100}%`;
    element.append(bar, make("span", {class: "value"}, weightText(cell.weight), cell.isBest ? " ★" : ""));
    return element;
  }

  /** Few reads of items with long texts: a row for each item. */
  function tableByParts(parts, reads, names) {
    const isRight = (place) => reads.some((read) => read.right.includes(place));
    const isKnown = reads.some((read) => read.right.length > 0);
    const hasTexts = parts.texts.some((text) => text !== "");
    const head = make("tr", {}, make("th", {scope: "col", class: "number"}, "item"),
      hasTexts ? make("th", {scope: "col"}, parts.name || "text") : null,
      ...names.map((name) => make("th", {scope: "col", class: "number"}, name)),
      isKnown ? make("th", {scope: "col"}, "right") : null);
    const rows = parts.places.map((place, i) => make("tr", {class: isRight(place) ? "right" : null},
      make("th", {scope: "row", class: "number"}, String(place)),
      hasTexts ? make("td", {class: "text"}, parts.texts[i]) : null,
      ...reads.map((read) => barCell(read, place)),
      isKnown ? make("td", {}, isRight(place) ? "right" : "") : null));
    return make("table", {class: "reads"}, make("caption", {}, "Weights by item and read; ★ marks the item that a read looked at most"),
      make("thead", {}, head), make("tbody", {}, ...rows));
  }

  /** The luminance of WCAG 2, from 0 to 1. */
  function luminance(colour) {
    const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /** Black or white on the colour, whichever has more contrast: at least 4.58. */
  function shade(element, t) {
    const colour = cividis(t);
    element.style.backgroundColor = `rgb(${colour.join(" ")})`;
    element.style.color = luminance(colour) > 0.179 ? "#000" : "#fff";
  }

  function shadedCell(read, place, most) {
    const cell = describeCell(read, place);
    const element = make("td", {class: `cell${cell.isRight ? " right" : ""}`, title: cellTitle(cell) || null});
    if (!cell.isKept || cell.weight === null || cell.weight < 0.005) return element;
    shade(element, cell.weight / most);
    element.append(String(Math.round(cell.weight * 100)), cell.isBest ? "★" : "");
    return element;
  }

  /** Many reads of items with short texts: a row for each read. */
  function tableByReads(parts, reads, names) {
    const most = Math.max(...reads.flatMap((read) => read.weights), 1e-9);
    const answer = (read) => (read.best < 0 ? "nothing" : partName(parts, read.best));
    const head = make("tr", {}, make("th", {scope: "col"}, "read"), make("th", {scope: "col"}, "looked at most"),
      ...parts.places.map((place, i) => make("th", {scope: "col", class: "part", title: `item ${place}`}, parts.texts[i] || String(place))));
    const rows = reads.map((read, i) => make("tr", {}, make("th", {scope: "row"}, names[i]), make("td", {class: "text"}, answer(read)),
      ...parts.places.map((place) => shadedCell(read, place, most))));
    return make("table", {class: "reads shaded"},
      make("caption", {}, "Weights in per cent, by read and item; ★ marks the item looked at most, a frame the right one; empty: below 0.5"),
      make("thead", {}, head), make("tbody", {}, ...rows));
  }

  /** Items that are too many for a table: the largest weights of each read. */
  function tableOfBest(parts, reads, names) {
    const best = (read) => read.kept.map((place, i) => ({place, weight: read.weights[i]}))
      .sort((a, b) => b.weight - a.weight).slice(0, 5)
      .map(({place, weight}) => `${partName(parts, place)} ${weightText(weight)}`).join(" · ");
    const right = (read) => read.right.map((place) => partName(parts, place)).join(" · ");
    const columns = ["read", "largest weights", "right"];
    const rows = reads.map((read, i) => make("tr", {}, make("th", {scope: "row"}, names[i]), make("td", {class: "text"}, best(read)),
      make("td", {class: "text"}, right(read))));
    return make("table", {class: "reads"}, make("caption", {}, `The largest weights among ${parts.of} items`),
      make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", {scope: "col"}, name)))), make("tbody", {}, ...rows));
  }

  function partsTable(item, run, list) {
    const parts = item.parts[list];
    const reads = item.reads.filter((read) => read.parts === list);
    const names = reads.map((read) => readName(read, run, item.reads));
    const longest = Math.max(0, ...parts.texts.map((text) => text.length));
    let table;
    if (parts.places.length > 64) table = tableOfBest(parts, reads, names);
    else if (reads.length <= 8 && (longest > 6 || reads.length <= 4)) table = tableByParts(parts, reads, names);
    else table = tableByReads(parts, reads, names);
    return make("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": "Weights of the reads"}, table);
  }

  function pair(name, lines) {
    return [make("dt", {}, name), make("dd", {}, ...lines.map((line) => make("span", {class: "line"}, line)))];
  }

  function showItem(body, run, item) {
    const verdict = verdictText(item);
    const inputs = make("dl", {class: "item"}, ...item.inputs.flatMap((input) => pair(input.name, input.lines)));
    const answers = make("dl", {class: "item"}, ...(item.given === null ? [] : pair("answered", [item.given])),
      ...(item.wanted === null ? [] : pair("right answer", [item.wanted])));
    const tables = item.parts.map((_, list) => partsTable(item, run, list));
    body.replaceChildren(make("p", {class: "verdict"}, verdict), ...[inputs, answers].filter((list) => list.children.length > 0), ...tables);
  }

  /** @type {View} */
  function reads(element, data, tools) {
    const state = {run: 0, filter: 0, place: 0};
    const controls = make("div", {class: "controls"});
    const body = make("div", {class: "item-body"});
    const pane = make("div", {class: "reads-view"}, controls, body);
    const stepper = fovea.controls.stepper(pane, (step) => move(step));
    const fitting = () => data.runs[state.run].items.filter(filters[state.filter].fits);

    function show() {
      const run = data.runs[state.run];
      const items = fitting();
      const item = items[state.place];
      stepper.show(item ? `item ${item.item} of the ${run.split} sample, ${state.place + 1} of ${items.length}` : "no item",
        state.place === 0, state.place + 1 >= items.length);
      if (item) showItem(body, run, item);
      else body.replaceChildren(make("p", {}, "No item of the sample is of this kind."));
    }
    function move(step) {
      state.place = Math.min(Math.max(state.place + step, 0), Math.max(fitting().length - 1, 0));
      show();
    }
    function chooseFilter() {
      const items = data.runs[state.run].items;
      const names = filters.map(({name, fits}) => `${name} (${items.filter(fits).length})`);
      return fovea.controls.chooser("Show", names, (place) => { Object.assign(state, {filter: place, place: 0}); show(); });
    }
    function chooseRun(place) {
      Object.assign(state, {run: place, filter: 0, place: 0});
      filterSlot.replaceChildren(chooseFilter());
      show();
    }

    const filterSlot = make("span");
    const names = data.runs.map((run) => run.name);
    if (names.length > 1) controls.append(fovea.controls.chooser("Run", names, chooseRun));
    controls.append(filterSlot, stepper.element);
    element.append(pane, fovea.controls.notes(data.note));
    chooseRun(0);
    tools.onTheme(show);
  }

  fovea.view("reads", reads);
})();
