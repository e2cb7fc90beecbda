// What every view is given. Texts may come from a results file of anybody: they only ever become text nodes and values of
// attributes that are no code.
(() => {
  const svgTags = new Set(["svg", "g", "path", "line", "rect", "circle", "polyline", "polygon", "text", "title", "tspan"]);
  const codeAttributes = /^(on|href$|src|srcdoc$|style$|action$|formaction$|xlink)/i;

  function setAttribute(element, name, value) {
    if (value === undefined || value === null || value === false) return;
    if (name === "class") element.setAttribute("class", value);
    else if (name === "text") element.append(document.createTextNode(String(value)));
    else if (codeAttributes.test(name)) throw new Error(`attribute ${name} is not set from data`);
    else element.setAttribute(name, value === true ? "" : String(value));
  }

  /**
   * An element with attributes, a text and children; children that are texts become text nodes.
   * @param {string} tag
   * @param {Record<string, any>} [attributes] `class`, `text` and any others but those that hold code or addresses
   * @param {...(Node|string|null|undefined)} children
   */
  function make(tag, attributes = {}, ...children) {
    const element = svgTags.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
    for (const child of children) if (child !== null && child !== undefined) element.append(child);
    return element;
  }

  /** @param {string} label @param {() => void} action @param {Record<string, any>} [attributes] */
  function button(label, action, attributes = {}) {
    const element = make("button", {type: "button", ...attributes}, label);
    element.addEventListener("click", action);
    return element;
  }

  /**
   * A table that scrolls by itself where it is too wide; its first column names the row.
   * @param {Table} data @param {string} caption
   */
  function table(data, caption) {
    const isNumber = (i) => Boolean(data.numbers[i]);
    const head = make("tr", {}, ...data.columns.map((name, i) => make(name ? "th" : "td", {scope: name ? "col" : null, class: isNumber(i) ? "number" : null}, name)));
    const body = data.rows.map((row) => make("tr", {}, ...row.map((cell, i) =>
      make(i === 0 ? "th" : "td", {scope: i === 0 ? "row" : null, class: isNumber(i) ? "number" : null}, cell))));
    const element = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
    return make("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": caption}, element);
  }

  const arrayTypes = {u8: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array};

  /** @param {PackedArray} array @returns {Promise<Uint8Array|Int32Array|Float32Array|Float64Array>} */
  async function unpack(array) {
    const bytes = Uint8Array.from(atob(array.deflate ?? array.base64 ?? ""), (c) => c.charCodeAt(0));
    const Type = arrayTypes[array.type];
    if (array.deflate === undefined) return new Type(bytes.buffer);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Type(await new Response(stream).arrayBuffer());
  }

  /** Lets the reader save something. @param {string} name @param {string} type @param {BlobPart} content */
  function save(name, type, content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], {type}));
    link.download = name.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 100);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  /** A field of CSV; a text that a spreadsheet would take for a formula gets an apostrophe in front. */
  function csvField(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  }

  /** @param {any[][]} rows the first one holds the names */
  const csv = (rows) => rows.map((row) => row.map(csvField).join(",") + "\n").join("");

  // Those of the first are the colours of figures on paper: at least 3:1 on white, told apart by the colour-blind.
  const colours = {
    light: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"],
    dark: ["#56B4E9", "#E69F00", "#2FC79A", "#E3A3C7", "#F2F2F2"],
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let isOnPaper = false;
  const isDark = () => {
    if (isOnPaper) return false;
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : dark.matches;
  };
  /** @param {number} i the place of a series; the same everywhere */
  const seriesColour = (i) => colours[isDark() ? "dark" : "light"][i % 5];

  // The scale cividis at even distances.
  const shades = [[0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115], [138, 134, 120], [165, 156, 116],
    [195, 179, 105], [225, 204, 85], [254, 232, 56]];
  /** @param {number} t from 0 to 1 @returns {[number, number, number]} red, green, blue from 0 to 255 */
  function cividis(t) {
    const place = Math.min(Math.max(t, 0), 1) * (shades.length - 1);
    const i = Math.min(Math.floor(place), shades.length - 2);
    return /** @type {[number, number, number]} */ (shades[i].map((low, k) => Math.round(low + (place - i) * (shades[i + 1][k] - low))));
  }

  /** @type {Array<() => void>} */
  const followers = [];
  /** Called whenever light becomes dark or dark light. @param {() => void} callback */
  const onTheme = (callback) => void followers.push(callback);
  const tellTheme = () => followers.forEach((callback) => callback());
  dark.addEventListener("change", () => document.documentElement.dataset.theme || tellTheme());
  for (const [name, value] of /** @type {[string, boolean][]} */ ([["beforeprint", true], ["afterprint", false]])) {
    addEventListener(name, () => {
      isOnPaper = value;
      tellTheme();
    });
  }
  /** @param {"light"|"dark"|""} theme empty: that of the system */
  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    tellTheme();
  }

  /**
   * Exact rows of a site: {queries, offsets, kept, weights}. Only a server has them; it replaces this function.
   * @param {string} _run the id of a run @param {string} _site @param {number} _from @param {number} _to
   */
  const rows = (_run, _site, _from, _to) => Promise.reject(new Error("a saved report has no rows besides those that it shows"));

  Object.assign(fovea.tools,
    {make, button, table, unpack, save, csv, seriesColour, cividis, onTheme, setTheme, isDark, rows});
})();
