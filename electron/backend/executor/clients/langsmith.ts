import type { Client } from './client.ts';
import { environment } from './connect-words.ts';

export const langsmith: Client = {
  id: 'langsmith',
  name: 'LangSmith SDK',
  connect: {
    gives: ['live', 'content', 'cost'],
    settings: ({ http }) => [
      environment(['LANGSMITH_TRACING=true', `LANGSMITH_ENDPOINT=${http}`, 'LANGSMITH_API_KEY=local']),
    ],
    note: 'Python and JavaScript, also for LangChain and LangGraph. The SDK insists on a key; Retake ignores it.',
  },
};
