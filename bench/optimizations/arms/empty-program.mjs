// What starts and ends without doing anything.
