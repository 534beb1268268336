import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function settingsRoutes(services: Services) {
  return {
    get: os.settings.get.handler(() => services.settings()),
    update: os.settings.update.handler(({ input }) => services.updateSettings(input)),
    keys: {
      list: os.settings.keys.list.handler(async () => {
        const [keychain, keys] = await Promise.all([services.keys.keychain(), services.keys.list()]);
        return { keychain, keys: [...keys] };
      }),
      set: os.settings.keys.set.handler(async ({ input }) => {
        await services.keys.set(input.providerId, input.key);
        return {};
      }),
      remove: os.settings.keys.remove.handler(async ({ input }) => {
        await services.keys.remove(input.providerId);
        return {};
      }),
    },
  };
}

export function receiverRoutes(services: Services) {
  return {
    sendTestSpan: os.receiver.sendTestSpan.handler(() => services.sendTestSpan()),
  };
}
