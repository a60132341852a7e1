// Draws what a load run did, from the numbers that the table beside it is made of.
"use strict";

const INK = { requests: "#1d4f6e", failures: "#9c2b23", p50: "#1e6b45", p95: "#7a5200", p99: "#9c2b23" };

const FONT = `12px ${getComputedStyle(document.body).fontFamily}`;

function lineOf(label, stroke) {
  return { label, stroke, width: 2, points: { show: false } };
}

// The measured windows lie behind the lines; what is outside was warm-up.
function windowsBehind(windows) {
  return {
    hooks: {
      drawClear: (plot) => {
        plot.ctx.fillStyle = "rgba(29, 79, 110, 0.08)";
        for (const { from_s: from, to_s: to } of windows) {
          const left = plot.valToPos(Math.max(from, plot.scales.x.min), "x", true);
          const right = plot.valToPos(Math.min(to, plot.scales.x.max), "x", true);
          plot.ctx.fillRect(left, plot.bbox.top, Math.max(right - left, 0), plot.bbox.height);
        }
      },
    },
  };
}

function draw(place, title, unit, x, lines, windows) {
  const holder = place.appendChild(document.createElement("div"));
  holder.className = "plot";
  const options = () => ({ width: place.clientWidth, height: 260 });
  const plot = new uPlot(
    {
      ...options(),
      title,
      cursor: { sync: { key: place.dataset.load } },
      scales: { x: { time: false } },
      axes: [{ label: place.dataset.seconds }, { label: unit, size: 64 }].map((axis) => ({
        ...axis,
        font: FONT,
        labelFont: FONT,
      })),
      series: [{ label: place.dataset.seconds }, ...lines.map(([label, stroke]) => lineOf(label, stroke))],
      plugins: [windowsBehind(windows)],
    },
    [x, ...lines.map((line) => line[2])],
    holder,
  );
  window.addEventListener("resize", () => plot.setSize(options()));
}

async function show(place) {
  const answer = await fetch(place.dataset.load, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    place.textContent = place.dataset.failed;
    return;
  }
  const { columns, windows } = await answer.json();
  const words = place.dataset;
  const rates = [[words.requests, INK.requests, columns.requests_per_s], [words.failures, INK.failures, columns.failures_per_s]];
  const times = [["p50", INK.p50, columns.p50_ms], ["p95", INK.p95, columns.p95_ms], ["p99", INK.p99, columns.p99_ms]];
  draw(place, words.rateTitle, "1/s", columns.second, rates, windows);
  draw(place, words.timeTitle, "ms", columns.second, times, windows);
}

for (const place of document.querySelectorAll("[data-load]")) {
  show(place);
}
