import { useSettings } from '../../../session/queries.ts';
import { Section } from '../section.tsx';
import { CacheDiagnosis } from './cache-diagnosis.tsx';
import { IgnoredDifferences } from './ignored-differences.tsx';
import { ModelProviders } from './model-providers.tsx';
import { SavedLaunches } from './saved-launches.tsx';
import { WhatIsKept } from './what-is-kept.tsx';
import styles from './rerun-settings.module.css';

/** What re-runs start from: saved commands, providers and their keys, differences that are looked past, and what of all this is kept. */
export function RerunSettings() {
  const { data: settings } = useSettings();
  if (settings === undefined) return null;
  return (
    <Section
      title="Re-run"
      text="What takes start from. The settings are kept beside the library, in settings.json; keys are not."
    >
      <div className={styles.parts}>
        <ModelProviders providers={settings.rerun.providers} />
        <SavedLaunches launches={settings.rerun.launches} />
        <IgnoredDifferences ignore={settings.rerun.ignore} />
        <CacheDiagnosis asks={settings.rerun.askCacheDiagnosis === true} />
        <WhatIsKept />
      </div>
    </Section>
  );
}
