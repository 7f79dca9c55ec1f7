-- A form of an API: 1,024 bytes of JSON.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local head = '{"name":"Ada","note":"'
local tail = '"}'
wrk.body = head .. string.rep("abcdefgh ", 200):sub(1, 1024 - #head - #tail) .. tail
