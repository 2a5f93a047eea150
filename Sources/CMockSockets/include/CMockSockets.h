// Takes the place of calls of libc's in the process that hosts a mock cluster. See accept.c, bind.c and getsockname.c.
#pragma once

/// From now on sockets that ask for their own port are told this one; 0: the truth.
void mock_sockets_advertise(int port);

/// The true port of the last socket that was told another one; 0 when there was none.
int mock_sockets_hidden_port(void);
