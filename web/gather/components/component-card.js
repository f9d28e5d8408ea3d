/** One component with its jobs, to be chosen as a whole or job by job. */

/** @import { Component } from '../api.js' */
/** @import { Selection } from '../selection.js' */

import { el } from '../../shared/dom.js';
import { formatCount, formatNoun } from '../../shared/format.js';
import { isCount } from '../selection.js';

/**
 * @param {Component} component
 * @param {(chosen: boolean) => void} onComponent
 * @param {(job: string, chosen: boolean) => void} onJob
 */
export function componentCard(component, onComponent, onJob) {
  const { component: name, jobs, instance_count: instances, job_metrics: counts } = component;
  const header = el('input', { type: 'checkbox', class: 'checkbox', 'data-component': name });
  header.addEventListener('change', () => onComponent(header.checked));

  const details = el(
    'div',
    { class: 'component-details' },
    el('span', {}, `Jobs: ${jobs.length > 0 ? jobs.join(', ') : 'unknown'}`),
    el('span', {}, `Instances: ${isCount(instances) ? formatCount(instances) : 'unknown'}`),
    el('span', {}, seriesText(component.metrics_count_estimate)),
  );
  const item = el(
    'div',
    { class: 'component-item' },
    el('label', { class: 'component-header check' }, header, el('span', { class: 'component-name' }, name)),
    details,
  );
  if (jobs.length > 1) {
    item.append(
      el(
        'div',
        { class: 'jobs-group', role: 'group', 'aria-label': `Jobs of ${name}` },
        ...jobs.map((job) => jobRow(name, job, counts?.[job], onJob)),
      ),
    );
  }
  // The card is a larger target for the pointer; check boxes and their labels already do the same.
  item.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('label, input, .jobs-group')) return;
    header.checked = !header.checked;
    onComponent(header.checked);
  });
  return item;
}

/**
 * @param {HTMLElement} item a card
 * @param {Selection} selection
 */
export function paintCard(item, selection) {
  for (const box of item.querySelectorAll('input')) {
    const { component = '', job } = box.dataset;
    const chosen = selection[component];
    box.checked = job === undefined ? chosen !== undefined : (chosen?.includes(job) ?? false);
    if (job !== undefined) continue;
    const all = item.querySelectorAll('input[data-job]').length;
    box.indeterminate = chosen !== undefined && all > 0 && chosen.length < all;
    item.classList.toggle('selected', chosen !== undefined);
  }
}

/** @param {string} component @param {string} job @param {number | undefined} series @param {(job: string, chosen: boolean) => void} onJob */
function jobRow(component, job, series, onJob) {
  const box = el('input', { type: 'checkbox', class: 'checkbox', 'data-component': component, 'data-job': job });
  box.addEventListener('change', () => onJob(job, box.checked));
  return el(
    'label',
    { class: 'job-item check' },
    box,
    el('span', { class: 'job-item__name' }, job),
    el('span', { class: 'job-item__series' }, seriesText(series)),
  );
}

/** @param {number | undefined | null} count */
export function seriesText(count) {
  return isCount(count) ? formatNoun(count, 'series', 'series') : 'series unknown';
}
