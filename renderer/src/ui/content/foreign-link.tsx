import type { ReactNode } from 'react';
import { Button } from '../button.tsx';
import { CopyButton } from '../copy-button.tsx';
import { LinkButton } from '../link.tsx';
import { Popover } from '../popover.tsx';
import { useReading } from './reading-context.ts';
import styles from './content.module.css';

/** An address that a trace names: text, which shows where it leads, can be copied, and is opened only after asking. */
export function ForeignLink({ address, children }: { readonly address: string; readonly children: ReactNode }) {
  const { openAddress } = useReading();
  const canOpen = openAddress !== undefined && /^https?:\/\//i.test(address);
  return (
    <Popover
      label="Address in the trace"
      trigger={
        <LinkButton look="text" className={styles.link} title={address}>
          {children}
        </LinkButton>
      }
    >
      <div className={styles.address}>
        <p className={styles.quiet}>An address from the trace. Retake asks nothing of it.</p>
        <p className={styles.addressText}>{address}</p>
        <div className={styles.actions}>
          <CopyButton text={address} label="Copy the address" withWord />
          {canOpen && (
            <Button size="small" onClick={() => openAddress(address)}>
              Open in the browser
            </Button>
          )}
        </div>
      </div>
    </Popover>
  );
}
