//! One table each: sockets, neighbours, routes, interfaces, as text and as `synrecv-doctor/table/1`.
