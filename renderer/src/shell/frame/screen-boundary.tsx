import { CircleX } from 'lucide-react';
import { Component } from 'react';
import type { ReactNode } from 'react';
import { homeLocation } from '../../../../shared/location.ts';
import { navigate } from '../../session/location-store.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly error: Error | undefined;
}

/** A fault in one screen leaves the frame standing: the others can still be reached. Give it a `key` per screen. */
export class ScreenBoundary extends Component<Props, State> {
  override readonly state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <EmptyState
        tone="error"
        icon={<CircleX />}
        title="This screen has a fault"
        action={
          <Button
            onClick={() => {
              navigate(homeLocation);
              this.setState({ error: undefined });
            }}
          >
            Back to the runs
          </Button>
        }
      >
        {error.message} <CopyButton label="Copy the details" text={`${error.message}\n${error.stack ?? ''}`} />
      </EmptyState>
    );
  }
}
