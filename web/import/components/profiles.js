/** Targets and settings of earlier imports. They never hold a secret. */

/** @import { Store } from '../../shared/store.js' */
/** @import { Profile } from '../api.js' */
/** @import { ImportState } from '../state.js' */

import { announce } from '../../shared/announce.js';
import { byId, el } from '../../shared/dom.js';
import { RequestError } from '../../shared/request.js';
import { forgetProfile, recentProfiles } from '../api.js';
import { stateOfProfile } from '../config.js';
import { profileText } from '../profile-text.js';

/** @param {Store<ImportState>} store @returns {{ load: () => Promise<void>, clear: () => void }} */
export function attachProfiles(store) {
  const select = byId('recentProfilesSelect', HTMLSelectElement);
  const forget = byId('forgetProfileBtn', HTMLButtonElement);
  const placeholder = select.options[0];
  /** @type {Profile[]} */
  let profiles = [];

  const load = async () => {
    try {
      profiles = (await recentProfiles()).profiles ?? [];
    } catch (error) {
      // They are a convenience: without them everything can be typed.
      if (error instanceof RequestError) return;
      throw error;
    }
    const chosen = select.value;
    placeholder.textContent = profiles.length === 0 ? 'Nothing imported yet' : 'Choose to fill in the form';
    select.replaceChildren(placeholder, ...profiles.map((profile) => el('option', { value: profile.id }, profileText(profile))));
    select.value = profiles.some(({ id }) => id === chosen) ? chosen : '';
    forget.disabled = select.value === '';
  };

  select.addEventListener('change', () => {
    const profile = profiles.find(({ id }) => id === select.value);
    forget.disabled = profile === undefined;
    if (profile === undefined) return;
    store.set(stateOfProfile(profile));
    byId('connectionResult', HTMLElement).replaceChildren();
    announce('The form is filled in. Enter secrets again and test the connection.');
  });
  forget.addEventListener('click', async () => {
    forget.disabled = true;
    try {
      await forgetProfile(select.value);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      announce(`The profile was not forgotten: ${error.message}`);
    }
    select.value = '';
    await load();
    select.focus();
  });

  return {
    load,
    clear() {
      select.value = '';
      forget.disabled = true;
    },
  };
}
