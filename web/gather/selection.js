/**
 * Which components and jobs are chosen. A component is chosen while its key is there; its jobs are the chosen
 * ones of it. Every function returns a new selection.
 */

/** @import { Component } from './api.js' */
/** @typedef {Record<string, string[]>} Selection */

/**
 * Chooses a component with all its jobs, or nothing of it.
 *
 * @param {Selection} selection
 * @param {Component} component
 * @param {boolean} chosen
 * @returns {Selection}
 */
export function withComponent(selection, component, chosen) {
  const { [component.component]: _, ...rest } = selection;
  return chosen ? { ...rest, [component.component]: [...component.jobs] } : rest;
}

/**
 * Chooses one job of a component. The last job takes the component with it.
 *
 * @param {Selection} selection
 * @param {Component} component
 * @param {string} job
 * @param {boolean} chosen
 * @returns {Selection}
 */
export function withJob(selection, component, job, chosen) {
  const { [component.component]: before = [], ...rest } = selection;
  const jobs = component.jobs.filter((one) => (one === job ? chosen : before.includes(one)));
  return jobs.length === 0 ? rest : { ...rest, [component.component]: jobs };
}

/**
 * @param {Component[]} components
 * @returns {Selection}
 */
export function everything(components) {
  return Object.fromEntries(components.map(({ component, jobs }) => [component, [...jobs]]));
}

/** @param {Selection} selection names of the chosen components, sorted */
export function chosenComponents(selection) {
  return Object.keys(selection).sort();
}

/** @param {Selection} selection names of the chosen jobs, each once, sorted */
export function chosenJobs(selection) {
  return [...new Set(Object.values(selection).flat())].sort();
}

/**
 * What a component weighs as far as it is chosen; null if that is not known.
 *
 * @param {Component} component
 * @param {Selection} selection
 * @returns {number | null}
 */
export function chosenSeries(component, selection) {
  const jobs = selection[component.component] ?? [];
  const counts = component.job_metrics;
  const known = counts ? jobs.map((job) => counts[job]) : [];
  if (jobs.length < component.jobs.length || component.metrics_count_estimate === undefined) {
    return known.length > 0 && known.every(isCount) ? known.reduce((sum, count) => sum + count, 0) : null;
  }
  return isCount(component.metrics_count_estimate) ? component.metrics_count_estimate : null;
}

/**
 * Jobs that are chosen for one component although they hold others too: an export takes a job whole.
 *
 * @param {Component[]} components
 * @param {Selection} selection
 * @returns {{ job: string, components: string[] }[]} the components that come along
 */
export function sharedJobs(components, selection) {
  return chosenJobs(selection)
    .map((job) => ({
      job,
      components: components
        .filter(({ component, jobs }) => jobs.includes(job) && !(selection[component] ?? []).includes(job))
        .map(({ component }) => component),
    }))
    .filter((shared) => shared.components.length > 0);
}

/** @param {unknown} value @returns {value is number} -1 and absence mean that a number is not known */
export function isCount(value) {
  return typeof value === 'number' && value >= 0;
}
