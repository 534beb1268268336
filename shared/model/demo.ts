/** Name of the run that the demo records; the window offers the first re-run on it. */
export const demoRunName = 'Refund request (demo)';
