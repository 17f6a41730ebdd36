-- name: cached_outputs
SELECT key, output FROM inference_cache WHERE key = ANY(:keys);
