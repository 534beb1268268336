import { expect, test } from 'vitest';
import { passwordStore } from './keyring.ts';

test('Chromium is told to ask the Secret Service where the name of the desktop tells it nothing', () => {
  const chosen = (name: string | undefined) =>
    passwordStore('linux', name === undefined ? {} : { XDG_CURRENT_DESKTOP: name });
  expect(['sway', 'i3', 'Hyprland', 'LXQt', undefined].map(chosen)).toEqual(Array(5).fill('gnome-libsecret'));
  expect(['GNOME', 'ubuntu:GNOME', 'KDE', 'XFCE', 'X-Cinnamon', 'Budgie:GNOME', 'pop:GNOME'].map(chosen)).toEqual(
    Array(7).fill(undefined),
  );
  expect([passwordStore('darwin', {}), passwordStore('win32', {})]).toEqual([undefined, undefined]);
});
