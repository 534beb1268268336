import { os } from './implementer.ts';
import type { Services } from './services.ts';

export function settingsRoutes(services: Services) {
  return {
    get: os.settings.get.handler(() => services.settings()),
    update: os.settings.update.handler(({ input }) => services.updateSettings(input)),
  };
}

export function receiverRoutes(services: Services) {
  return {
    sendTestSpan: os.receiver.sendTestSpan.handler(() => services.sendTestSpan()),
  };
}
