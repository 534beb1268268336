// What electron-builder makes of the staged app (stage.mjs): one configuration for all systems.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Also in electron/main/desktop.ts: Windows groups windows by it; a Linux desktop finds the icon of a window by it. */
export const applicationId = 'dev.retake.desktop';
export const synopsis = 'A desktop debugger for agent runs';
export const category = 'Development';

/** Offered, never taken: Retake opens these, and stays out of the way of what the user has chosen for them. */
const fileAssociations = [
  {
    ext: 'retake',
    name: 'Retake run',
    description: 'A run that Retake wrote',
    mimeType: 'application/vnd.retake.run',
    role: 'Editor',
    rank: 'Owner',
  },
  { ext: 'jsonl', name: 'Trace (JSON lines)', mimeType: 'application/x-ndjson', role: 'Viewer', rank: 'Alternate' },
  { ext: 'json', name: 'Trace (OTLP JSON)', mimeType: 'application/json', role: 'Viewer', rank: 'Alternate' },
];

/** What a Linux desktop may open with Retake. */
export const mimeTypes = ['x-scheme-handler/retake', ...fileAssociations.map(({ mimeType }) => mimeType)];

/**
 * @param {{ app: string, output: string, electronVersion: string, electronDist: string | undefined }} build
 * @returns {import('electron-builder').Configuration}
 */
export function configuration({ app, output, electronVersion, electronDist }) {
  const updatesFrom = process.env.RETAKE_UPDATES_URL;
  return {
    appId: applicationId,
    productName: 'Retake',
    copyright: 'Retake contributors, MIT',
    directories: { app, output, buildResources: here('icons') },
    electronVersion,
    ...(electronDist === undefined ? {} : { electronDist }),
    // Nothing is compiled: SQLite's binding comes built for each system.
    npmRebuild: false,
    nodeGypRebuild: false,
    buildDependenciesFromSource: false,
    files: ['**/*', '!**/*.map', '!dist/THIRD-PARTY-NOTICES.txt'],
    asar: true,
    // Loaded by the system, or read by programs that know no asar.
    asarUnpack: ['**/*.node', 'dist/backend/hands/**', 'dist/backend/adapters/**'],
    extraFiles: [
      { from: here('../../LICENSE'), to: 'LICENSE' },
      { from: `${app}/dist/THIRD-PARTY-NOTICES.txt`, to: 'THIRD-PARTY-NOTICES.txt' },
    ],
    afterPack: ({ appOutDir }) => rm(join(appOutDir, 'resources/default_app.asar'), { force: true }),
    electronLanguages: ['en-US', 'en'],
    electronFuses: {
      // Retake's own small programs are started by their names (electron/main/own-part.ts): nothing else runs in its Electron.
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
      resetAdHocDarwinSignature: false,
    },
    protocols: [{ name: 'Retake', schemes: ['retake'] }],
    fileAssociations,
    // Where newer ones come from is its owner's to say; without it the app says that it does not update itself.
    publish: updatesFrom === undefined ? null : { provider: 'generic', url: updatesFrom },
    mac: {
      category: 'public.app-category.developer-tools',
      icon: here('icons/1024x1024.png'),
      hardenedRuntime: true,
      gatekeeperAssess: false,
      entitlements: here('entitlements.mac.plist'),
      entitlementsInherit: here('entitlements.mac.plist'),
      // Signed and notarised where the environment holds a certificate and an account (CSC_LINK, APPLE_ID and their like).
      notarize: process.env.APPLE_TEAM_ID !== undefined,
      target: ['dmg', 'zip'].map((target) => ({ target, arch: ['x64', 'arm64'] })),
    },
    win: { icon: here('icons/256x256.png'), target: [{ target: 'nsis', arch: ['x64', 'arm64'] }] },
    nsis: {
      oneClick: false,
      perMachine: false,
      allowToChangeInstallationDirectory: true,
      deleteAppDataOnUninstall: false,
    },
    linux: {
      executableName: 'retake',
      icon: here('icons'),
      category,
      synopsis,
      maintainer: 'Retake contributors <retake@localhost>',
      vendor: 'Retake contributors',
      syncDesktopName: true,
      mimeTypes,
      desktop: { entry: { StartupWMClass: 'retake', Keywords: 'agent;trace;OpenTelemetry;debugger;' } },
      target: ['AppImage', 'rpm'],
    },
  };
}
