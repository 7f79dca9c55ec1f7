-- wrk's own head: the request line and Host.
wrk.method = "GET"
