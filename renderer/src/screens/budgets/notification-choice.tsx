import { Bell } from 'lucide-react';
import { useState } from 'react';
import { canAskForNotifications, notificationState } from '../../session/desktop-notification.ts';
import { Button } from '../../ui/button.tsx';

/** A browser shows notices outside of its window only when it was asked to; the desktop's window may already. */
export function NotificationChoice() {
  const [state, setState] = useState(notificationState);
  if (!canAskForNotifications(state)) return null;
  return (
    <Button
      icon={<Bell />}
      onClick={() => void Notification.requestPermission().then(setState)}
      title="When a budget is spent or holds a call, also outside of this window"
    >
      Tell me on the desktop too
    </Button>
  );
}
