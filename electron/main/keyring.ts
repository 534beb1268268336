/**
 * Desktops whose keyring Chromium picks by their name (components/os_crypt, SelectBackend). On every other one, sway, i3, Hyprland and
 * their like, it keeps keys with a password that everybody knows, although a Secret Service may well run: measured on Electron 33 with
 * GNOME Keyring under XDG_CURRENT_DESKTOP=sway.
 */
const known = /(?:^|:)(?:.*GNOME.*|Unity|X-Cinnamon|Cinnamon|Deepin|Pantheon|UKUI|XFCE|KDE)(?:$|:)/i;

/**
 * The value of Chromium's switch `password-store` that makes it ask the Secret Service itself, where the desktop's name tells it
 * nothing. Where there is none, encryption is then not available, which Retake says; nothing is kept in the clear.
 */
export function passwordStore(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string | undefined {
  if (platform !== 'linux') return undefined;
  const names = [environment['XDG_CURRENT_DESKTOP'], environment['DESKTOP_SESSION']].filter(Boolean).join(':');
  return known.test(names) ? undefined : 'gnome-libsecret';
}
