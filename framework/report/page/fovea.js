// The one global name of the page. Each file adds to it; start.js, the last one, shows the model.
"use strict";

/**
 * @typedef {{title: string, columns: string[], numbers: boolean[], rows: string[][], notes: string[]}} Table
 * @typedef {{type: "u8"|"i32"|"f32"|"f64", shape: number[], deflate?: string, base64?: string}} PackedArray
 * @typedef {(element: HTMLElement, data: any, tools: any) => void} View
 */

const fovea = {
  /** @type {Map<string, View>} */
  views: new Map(),

  /**
   * Registers what shows `views[name]` of a section. It is called once, with an empty element below the heading of the view.
   * @param {string} name "reads", "heads" or "planes"
   * @param {View} show
   */
  view(name, show) {
    fovea.views.set(name, show);
  },

  /** @type {any} */
  tools: {},
};
