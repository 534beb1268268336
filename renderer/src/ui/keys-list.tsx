import { Kbd } from './kbd.tsx';
import styles from './keys-list.module.css';

export interface KeysGroup {
  readonly name: string;
  readonly rows: readonly KeysRow[];
}

export interface KeysRow {
  readonly id: string;
  /** What the keys do. */
  readonly title: string;
  /** Each of them does it; in the notation of Kbd. */
  readonly keys: readonly string[];
}

/** Which keys do what, under headings. */
export function KeysList({ groups }: { readonly groups: readonly KeysGroup[] }) {
  return (
    // More than fit are scrolled to, by keys too.
    <div role="group" aria-label="Keys by subject" tabIndex={0} className={styles.groups}>
      {groups.map(({ name, rows }) => (
        <section key={name} className={styles.group} aria-label={name}>
          <h3 className={styles.heading}>{name}</h3>
          <dl>
            {rows.map((row) => (
              <div key={row.id} className={styles.row}>
                <dt>{row.title}</dt>
                <dd>
                  {row.keys.map((keys) => (
                    <Kbd key={keys} keys={keys} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
