import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteCommand, splitCommand } from './command-words.ts';

const wordsOf = (text: string) => {
  const split = splitCommand(text);
  return 'words' in split ? split.words : split.problem;
};

describe('splitting a command line', () => {
  it.each([
    ['python agent.py', ['python', 'agent.py']],
    ['  python   agent.py\t--task  "the price of tea" ', ['python', 'agent.py', '--task', 'the price of tea']],
    [`node -e 'console.log("hi")'`, ['node', '-e', 'console.log("hi")']],
    ['say "a \\"word\\""', ['say', 'a "word"']],
    ['open my\\ folder', ['open', 'my folder']],
    ['C:\\tools\\run.exe C:\\new\\task.json', ['C:\\tools\\run.exe', 'C:\\new\\task.json']],
    [`--name=''`, ['--name=']],
    [`"" a`, ['', 'a']],
    ['pre"mid dle"post', ['premid dlepost']],
    ['echo $HOME *.ts', ['echo', '$HOME', '*.ts']],
    ['', []],
    [' \n ', []],
  ])('%s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('says which quote is open', () => {
    expect(wordsOf('python "agent.py')).toContain('double quote');
    expect(wordsOf("python 'agent.py")).toContain('single quote');
  });

  it('names the words that only a shell would act on, unless they are quoted', () => {
    const split = splitCommand("python agent.py | tee 'a > b' > out.txt && ls");
    expect(split).toEqual({
      words: ['python', 'agent.py', '|', 'tee', 'a > b', '>', 'out.txt', '&&', 'ls'],
      shellWords: ['|', '>', '&&'],
    });
    expect(splitCommand('grep \'|\' "&&"')).toEqual({ words: ['grep', '|', '&&'], shellWords: [] });
  });
});

describe('properties', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', '|', '\n', '$', '>') }),
  );

  it('gives back the words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        expect(splitCommand(quoteCommand(words))).toEqual({ words, shellWords: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('reads any text to the same words as its own quoting, or names the open quote', () => {
    fc.assert(
      fc.property(word, (text) => {
        const split = splitCommand(text);
        if ('problem' in split) expect(split.problem).toContain('quote');
        else expect(splitCommand(quoteCommand(split.words))).toMatchObject({ words: split.words });
      }),
      { numRuns: 500 },
    );
  });
});
