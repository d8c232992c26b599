"""The scripts that measure a page from inside: what was painted when, and how far it shifted afterwards.

FCP, LCP, CLS and TTFB are those of https://web.dev/articles/vitals. LCP is the last candidate before anybody touches
the page; CLS is the largest window of shifts: at most 1 s between two of them and at most 5 s in all, without those
that follow an input.
"""

from __future__ import annotations

SETTLES_WITHIN = 10.0
"""Seconds after which a page that never comes to rest is measured all the same."""

WATCH = """
(() => {
  if (window !== window.top) return;
  const seen = {lcp: null, cls: 0, last: 0};
  let shifts = {sum: 0, first: 0, last: 0};
  const watches = [];
  const watch = (type, each) => {
    const take = entries => entries.forEach(entry => { each(entry); seen.last = performance.now(); });
    const observer = new PerformanceObserver(list => take(list.getEntries()));
    observer.observe({type, buffered: true});
    watches.push(() => take(observer.takeRecords()));
  };
  watch('largest-contentful-paint', entry => { seen.lcp = entry.startTime; });
  watch('layout-shift', entry => {
    if (entry.hadRecentInput) return;
    const at = entry.startTime;
    const goesOn = shifts.sum && at - shifts.last < 1000 && at - shifts.first < 5000;
    shifts = goesOn ? {...shifts, sum: shifts.sum + entry.value, last: at} : {sum: entry.value, first: at, last: at};
    seen.cls = Math.max(seen.cls, shifts.sum);
  });
  watch('paint', () => {});
  watch('resource', () => {});
  seen.flush = () => watches.forEach(flush => flush());
  Object.defineProperty(window, '__flightSeen', {value: seen});
})()
"""
"""Put into the page before anything of its own."""

SETTLED = """
([quiet, longest]) => new Promise(done => {
  const seen = window.__flightSeen, began = performance.now();
  const look = () => {
    seen.flush();
    const now = performance.now();
    const [visit] = performance.getEntriesByType('navigation');
    const calm = visit.loadEventEnd > 0 && now - Math.max(seen.last, began) >= quiet;
    if (!calm && now - began < longest) { setTimeout(look, 50); return; }
    const [fcp] = performance.getEntriesByName('first-contentful-paint');
    done({
      calm, FCP: fcp ? fcp.startTime : null, LCP: seen.lcp, CLS: seen.cls,
      load: visit.loadEventEnd || null, TTFB: visit.responseStart || null,
    });
  };
  look();
})
"""
"""Resolves once nothing was painted, shifted or fetched for `quiet` ms, or after `longest` ms: times in ms."""
