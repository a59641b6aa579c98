<?php
// Stands in for guzzlehttp/guzzle: the calls that Troyansys' samples make. As there, an answer of 400 and above is an exception.
namespace GuzzleHttp;

class Response
{
    public function __construct(private string $body)
    {
    }

    public function getBody(): string
    {
        return $this->body;
    }
}

class Client
{
    public function request(string $method, string $url, array $options): Response
    {
        $handle = curl_init($url);
        $headers = array_map(fn ($name, $value) => "$name: $value", array_keys($options['headers']), $options['headers']);
        curl_setopt_array($handle, [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true]);
        if (isset($options['json'])) {
            curl_setopt($handle, CURLOPT_POSTFIELDS, json_encode($options['json']));
        }
        $body = curl_exec($handle);
        if (curl_getinfo($handle, CURLINFO_RESPONSE_CODE) >= 400) {
            throw new \RuntimeException($body);
        }
        return new Response($body);
    }
}
