/** `none`: this window has no such thing. */
export const notificationState = (): NotificationPermission | 'none' =>
  'Notification' in globalThis ? Notification.permission : 'none';

/** Whether somebody can still be asked. */
export const canAskForNotifications = (state: NotificationPermission | 'none'): boolean => state === 'default';

/** Outside of the window, where it may: for what somebody waits for who looks elsewhere. Nothing where it may not. */
export function notifyDesktop({
  title,
  text,
  tag,
}: {
  readonly title: string;
  readonly text: string;
  readonly tag: string;
}): void {
  if (notificationState() !== 'granted') return;
  const notification = new Notification(title, { body: text, tag });
  notification.addEventListener('click', () => globalThis.focus());
}
