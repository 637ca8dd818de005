/* One popover for all numbers, a filter for the verdict table, and parts that open for their address.
   Text reaches the page by textContent only. Without this file numbers are links and tables are whole. */
(function () {
  "use strict";

  var popover = null;
  var owner = null;
  var timer = 0;
  var fine = window.matchMedia("(hover: hover) and (pointer: fine)");

  function make(name, text, cls) {
    var node = document.createElement(name);
    if (text) node.textContent = text;
    if (cls) node.className = cls;
    return node;
  }

  function build() {
    popover = make("div", "", "jt-popover");
    popover.id = "jt-popover";
    popover.hidden = true;
    popover.tabIndex = -1;
    popover.setAttribute("role", "dialog");
    popover.setAttribute("aria-labelledby", "jt-popover-title");
    popover.addEventListener("pointerenter", function () { window.clearTimeout(timer); });
    popover.addEventListener("pointerleave", function () { later(close, 350); });
    popover.addEventListener("focusout", function (event) {
      if (event.relatedTarget && !popover.contains(event.relatedTarget) && event.relatedTarget !== owner) close();
    });
    document.body.appendChild(popover);
  }

  function later(action, wait) {
    window.clearTimeout(timer);
    timer = window.setTimeout(action, wait);
  }

  function pair(list, term, text) {
    if (!text) return;
    list.appendChild(make("dt", term));
    list.appendChild(make("dd", text));
  }

  function fill(control) {
    var record = JSON.parse(control.getAttribute("data-jt") || "{}");
    var list = make("dl");
    var title = make("p", record.title || "Number", "jt-popover-title");
    var trace = make("a", "Full trace", "jt-popover-trace");
    popover.textContent = "";
    title.id = "jt-popover-title";
    trace.href = control.getAttribute("href");
    trace.addEventListener("click", function () { close(); });
    pair(list, "Value", control.firstChild.textContent);
    pair(list, "5 to 95 %", record.interval);
    pair(list, "Unit", record.unit);
    pair(list, "Boundary", record.boundary);
    pair(list, "Counts", record.counts);
    if (record.sources) {
      var dd = make("dd");
      var ul = make("ul");
      record.sources.forEach(function (one) { ul.appendChild(make("li", one)); });
      dd.appendChild(ul);
      list.appendChild(make("dt", record.sources.length > 1 ? "Sources" : "Source"));
      list.appendChild(dd);
    }
    popover.appendChild(title);
    popover.appendChild(trace);
    popover.appendChild(list);
  }

  function place(control) {
    var box = control.getBoundingClientRect();
    var width = document.documentElement.clientWidth;
    popover.style.left = "0px";
    popover.style.top = "0px";
    popover.style.maxHeight = "none";
    var own = popover.getBoundingClientRect();
    var left = Math.max(8, Math.min(box.left, width - own.width - 8));
    var below = window.innerHeight - box.bottom - 14;
    var above = box.top - 14;
    var under = own.height <= below || below >= Math.min(above, 300);
    var height = Math.min(own.height, Math.max(under ? below : above, 160));
    popover.style.maxHeight = height + "px";
    popover.style.left = left + window.scrollX + "px";
    popover.style.top = (under ? box.bottom + 6 : box.top - height - 6) + window.scrollY + "px";
  }

  function open(control, focus) {
    window.clearTimeout(timer);
    if (owner && owner !== control) owner.setAttribute("aria-expanded", "false");
    owner = control;
    fill(control);
    popover.hidden = false;
    place(control);
    control.setAttribute("aria-expanded", "true");
    if (focus) popover.focus({ preventScroll: true });
  }

  function close(returning) {
    window.clearTimeout(timer);
    if (!owner) return;
    owner.setAttribute("aria-expanded", "false");
    if (returning === true) owner.focus({ preventScroll: true });
    popover.hidden = true;
    owner = null;
  }

  function control(target) {
    return target && target.closest ? target.closest("a.jt-num") : null;
  }

  function numbers() {
    document.querySelectorAll("a.jt-num").forEach(function (one) {
      one.setAttribute("role", "button");
      one.setAttribute("aria-haspopup", "dialog");
      one.setAttribute("aria-expanded", "false");
      one.setAttribute("aria-controls", "jt-popover");
      one.addEventListener("pointerenter", function () {
        if (fine.matches && owner !== one) later(function () { open(one, false); }, 300);
      });
      one.addEventListener("pointerleave", function () {
        window.clearTimeout(timer);
        if (fine.matches && owner === one && !popover.contains(document.activeElement)) later(close, 350);
      });
    });
    document.addEventListener("click", function (event) {
      var one = control(event.target);
      if (one) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (owner === one && popover.contains(document.activeElement)) close(true);
        else open(one, true);
      } else if (owner && !popover.contains(event.target)) {
        close();
      }
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && owner) {
        event.stopPropagation();
        close(true);
      } else if (event.key === " " && control(event.target)) {
        event.preventDefault();
        event.target.click();
      }
    });
    window.addEventListener("resize", function () { close(); });
  }

  function filters(box) {
    var panel = box.querySelector(".jt-controls");
    var table = box.querySelector("table");
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var fields = Array.prototype.slice.call(panel.querySelectorAll("[data-filter]"));
    var count = panel.querySelector(".jt-count");

    function fits(row, field) {
      var key = field.getAttribute("data-filter");
      var wanted = field.value.trim().toLowerCase();
      if (!wanted) return true;
      if (key === "text") return row.textContent.toLowerCase().indexOf(wanted) >= 0;
      var own = (row.getAttribute("data-" + key) || "").toLowerCase();
      return key === "flags" ? own.split(" ").indexOf(wanted) >= 0 : own === wanted;
    }

    function apply() {
      var shown = 0;
      rows.forEach(function (row) {
        row.hidden = !fields.every(function (field) { return fits(row, field); });
        if (!row.hidden) shown += 1;
      });
      count.textContent = shown + " of " + rows.length + " claims";
    }

    fields.forEach(function (field) { field.addEventListener("input", apply); });
    panel.hidden = false;
    apply();
    var words = Array.prototype.map.call(
      panel.querySelectorAll('[data-filter="word"] option'), function (one) { return one.value; });
    sorting(table, rows, function (row, column) {
      if (column === 1) return words.indexOf(row.getAttribute("data-word"));
      return column === 2 || column === 3 ? amount(row, column) : said(row, column);
    });
  }

  function said(row, column) { return row.cells[column].textContent.trim().toLowerCase(); }

  function amount(row, column) {
    var text = said(row, column);
    var value = parseFloat(text.replace(/[<>,]/g, "").replace("\u2212", "-"));
    return isNaN(value) ? Infinity : value - (text[0] === "<" ? 1e-6 : 0) + (text[0] === ">" ? 1e-6 : 0);
  }

  /* A plain table: a column is sorted by its numbers where every cell begins with one. */
  function sortable(table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var numbers = Array.prototype.map.call(table.tHead.rows[0].cells, function (cell, column) {
      return rows.every(function (row) { return /^([<>+\u2212-]?[\d]|\u2013$)/.test(said(row, column)); });
    });
    sorting(table, rows, function (row, column) { return (numbers[column] ? amount : said)(row, column); });
  }

  function sorting(table, rows, key) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell, column) {
      var button = make("button", cell.textContent, "jt-sort");
      button.type = "button";
      cell.textContent = "";
      cell.appendChild(button);
      button.addEventListener("click", function () {
        var down = cell.getAttribute("aria-sort") === "ascending";
        Array.prototype.forEach.call(cell.parentNode.cells, function (one) { one.removeAttribute("aria-sort"); });
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.slice().sort(function (a, b) {
          var left = key(a, column);
          var right = key(b, column);
          return (left < right ? -1 : left > right ? 1 : 0) * (down ? -1 : 1);
        }).forEach(function (row) { table.tBodies[0].appendChild(row); });
      });
    });
  }

  function reveal() {
    var name = decodeURIComponent(window.location.hash.slice(1));
    var target = name && document.getElementById(name);
    if (!target) return;
    for (var node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.scrollIntoView();
  }

  function printing() {
    var opened = [];
    window.addEventListener("beforeprint", function () {
      close();
      opened = Array.prototype.slice.call(document.querySelectorAll("details[data-print]:not([open])"));
      opened.forEach(function (one) { one.open = true; });
    });
    window.addEventListener("afterprint", function () {
      opened.forEach(function (one) { one.open = false; });
    });
  }

  function start() {
    build();
    numbers();
    document.querySelectorAll(".jt-browser").forEach(filters);
    document.querySelectorAll("table.jt-sortable").forEach(sortable);
    reveal();
    window.addEventListener("hashchange", reveal);
    printing();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
