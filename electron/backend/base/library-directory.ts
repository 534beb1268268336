import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the library is when nobody says otherwise: `RETAKE_LIBRARY`, else the platform's data folder
 * (XDG base directory specification on Linux, Application Support on macOS, %LOCALAPPDATA% on Windows).
 */
export function defaultLibraryDirectory(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const chosen = environment['RETAKE_LIBRARY'];
  if (chosen) return chosen;
  const home = homedir();
  switch (platform) {
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Retake', 'library');
    case 'win32':
      return join(environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Retake', 'library');
    default:
      return join(environment['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'retake', 'library');
  }
}
