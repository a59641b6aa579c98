<?php
// Stands in for the PEAR package HTTP_Request2: the calls that SERPI's sample makes.
class HTTP_Request2_Exception extends Exception
{
}

class HTTP_Request2
{
    public const METHOD_GET = 'GET';
    private string $url;
    private string $method;
    private array $headers = [];
    private string $body = '';
    private int $status = 0;

    public function setUrl(string $url): void
    {
        $this->url = $url;
    }

    public function setMethod(string $method): void
    {
        $this->method = $method;
    }

    public function setConfig(array $config): void
    {
    }

    public function setHeader(array $headers): void
    {
        $this->headers = $headers;
    }

    public function setBody(string $body): void
    {
        $this->body = $body;
    }

    public function send(): self
    {
        $handle = curl_init($this->url);
        $headers = array_map(fn ($name, $value) => "$name: $value", array_keys($this->headers), $this->headers);
        curl_setopt_array($handle, [CURLOPT_CUSTOMREQUEST => $this->method, CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true]);
        $this->body = curl_exec($handle);
        $this->status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
        return $this;
    }

    public function getStatus(): int
    {
        return $this->status;
    }

    public function getReasonPhrase(): string
    {
        return '';
    }

    public function getBody(): string
    {
        return $this->body;
    }
}
