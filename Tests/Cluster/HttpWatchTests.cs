using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>What those see who watch over servers.</summary>
public sealed class HttpWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_full_disk_is_503_and_a_collector_gets_the_metrics_by_OTLP()
    {
        var port = TestPorts.Next(4);
        using var directory = new TemporaryDirectory();
        using var collector = new HttpListener { Prefixes = { $"http://127.0.0.1:{port + 4}/" } };
        collector.Start();
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var collecting = Collect(collector, received);
        var place = new Place("127.0.0.1", "env", $"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{port + 4}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_METRIC_EXPORT_INTERVAL=200", "OTEL_EXPORTER_OTLP_TIMEOUT=5000");
        await using var server = await ServerProcess.Start(place, port, "--data", directory.Path, "--reserve", "1048576GiB", "--http", $"{port + 3}");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port + 3}"), Timeout = Patience };

        using var put = await http.PutAsync("/v1/keys/a", new StringContent("b"));
        using var got = await http.GetAsync("/v1/keys/a");
        var problem = await put.Content.ReadFromJsonAsync<JsonElement>();
        await received.Task.WaitAsync(Patience);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.NotFound), (put.StatusCode, got.StatusCode));
        Assert.Equal("urn:cmud:problem:storage-full", problem.GetProperty("type").GetString());
        Assert.Equal(TimeSpan.FromSeconds(5), put.Headers.RetryAfter!.Delta);
        Assert.Equal(0, await server.Terminate(TimeSpan.FromSeconds(5)));
        collector.Stop();
        await collecting;
    }

    [Fact]
    public async Task What_goes_between_two_servers_is_counted_for_each_peer()
    {
        var port = TestPorts.Next(3);
        await using var first = await ServerProcess.Start(port, "--http", $"{port + 3}");
        var other = TestPorts.Next(3);
        await using var second = await ServerProcess.Start(other, "--http", $"{other + 3}", "--join", first.Address);
        using var http = new HttpClient { Timeout = Patience };

        await Eventually.NothingIsMissing(async () =>
        {
            // They are looked at once a second, while something goes on.
            using var put = await http.PutAsync($"http://127.0.0.1:{other + 3}/v1/keys/a", new StringContent("b"));
            var metrics = await http.GetStringAsync($"http://127.0.0.1:{port + 3}/metrics");
            string[] expected =
            [
                $$"""cmud_peer_up\{[^}]*peer="{{second.Address}}"[^}]*\} 1""",
                $$"""cmud_peer_behind_entries\{[^}]*peer="{{second.Address}}"[^}]*\} [0-9]""",
                $$"""cmud_peer_lag_milliseconds\{[^}]*peer="{{second.Address}}"[^}]*\} [0-9]""",
                $$"""cmud_sync_bytes_total\{[^}]*direction="sent",receiver="{{second.Address}}"[^}]*\} [1-9]""",
                $$"""cmud_sync_entries_total\{[^}]*direction="received",receiver="{{second.Address}}"[^}]*\} [1-9]""",
                """cmud_conflicts_entries_total\{[^}]*\} 0""",
                """cmud_deferred_entries_total\{[^}]*\} 0""",
                """cmud_reconcile_repairs_entries_total\{[^}]*\} 0""",
            ];
            return Array.Find(expected, pattern => !Regex.IsMatch(metrics, pattern)) is { } missing ? $"{missing} is not among the metrics: {metrics}" : null;
        });
    }

    [Fact]
    public void A_collector_that_is_none_is_refused_with_one_sentence()
    {
        var options = new Silo.ServerOptions { Telemetry = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4317" } };

        Assert.Equal("OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317' but must be the URL of a collector, such as http://127.0.0.1:4317; set it to one, or not at all.", options.Refuse());
    }

    /// <summary>Answers everything until it is stopped, and tells when it was given operations.</summary>
    private static async Task Collect(HttpListener collector, TaskCompletionSource received)
    {
        try
        {
            while (true)
            {
                var context = await collector.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
                var body = await reader.ReadToEndAsync();
                context.Response.Close();
                if (context.Request.Url!.AbsolutePath == "/v1/metrics" && body.Contains("cmud.operations", StringComparison.Ordinal)) received.TrySetResult();
            }
        }
        catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }
}
