import { describe, expect, it } from 'vitest';
import { commandById, commandList } from '../../../shared/commands.ts';
import { bindings, handlerOfKeys, registerCommands } from './commands.ts';

describe('the list of commands', () => {
  it('names each command once, and finds it by its id', () => {
    const ids = commandList.map((command) => command.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(commandById('file.open')?.title).toBe('Open files…');
    expect(commandById('format.disk')).toBeUndefined();
  });

  it('gives keys to more than one command only where their screens differ', () => {
    // Commands of the frame work everywhere, so none of their keys may be used again.
    const everywhere = new Set(['Go to', 'File', 'Help']);
    for (const [keys, ids] of bindings(commandList)) {
      const groups = ids.map((id) => commandById(id)?.group ?? '');
      expect(new Set(groups).size, `${keys}: ${ids.join(', ')}`).toBe(ids.length);
      if (ids.length > 1)
        expect(
          groups.some((group) => everywhere.has(group)),
          keys,
        ).toBe(false);
    }
  });

  it('has bindings of several presses before those of one, which would take their last press', () => {
    const presses = [...bindings(commandList).keys()].map((keys) => keys.split(' ').length);
    expect(presses).toEqual(presses.toSorted((a, b) => b - a));
    expect(Math.max(...presses)).toBeGreaterThan(1);
  });

  it('never takes the keys of typing, copying and closing', () => {
    const taken = new Set(bindings(commandList).keys());
    for (const keys of ['$mod+c', '$mod+v', '$mod+x', '$mod+a', '$mod+z', '$mod+w', '$mod+q', '$mod+r'])
      expect(taken.has(keys), keys).toBe(false);
  });
});

it('gives keys that two commands share to the sheet over the screen, whichever was registered first', () => {
  const nothing = () => undefined;
  const over = (when?: () => boolean) =>
    registerCommands(['share.next-hit'], () => ({ id: 'share.next-hit', run: nothing, ...(when && { when }) }), {
      isOver: true,
    });
  const screen = () => registerCommands(['steps.find-next'], () => ({ id: 'steps.find-next', run: nothing }));
  for (const order of [
    [over, screen],
    [screen, over],
  ]) {
    const undo = order.map((register) => register());
    expect(handlerOfKeys(['steps.find-next', 'share.next-hit'])?.id).toBe('share.next-hit');
    for (const one of undo) one();
  }
  const undo = [screen(), over(() => false)];
  expect(handlerOfKeys(['steps.find-next', 'share.next-hit'])?.id).toBe('steps.find-next');
  for (const one of undo) one();
});
