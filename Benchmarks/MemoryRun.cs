using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cmud.Benchmarks;

/// <summary>What a store takes of memory for many keys: our server, and those of others, filled with the same by RESP.</summary>
internal static class MemoryRun
{
    private const int ValueBytes = 64, Pipeline = 1_000;

    /// <summary>Garbage of the filling is collected by then, or is what the server keeps for the next one.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);

    /// <summary>The verb: prints a table, and puts it into the documents where they are found.</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        int keys;
        try
        {
            keys = args switch
            {
                [] => 1_000_000,
                ["--keys", var text] => (int)OptionNumber.Read("--keys", text, 1, 100_000_000),
                _ => throw new ArgumentException($"'{args[0]}' is no option of memory, or has no value; there is --keys."),
            };
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        var directory = Directory.CreateTempSubdirectory("memory-");
        try
        {
            var table = await MeasureAsync(directory.FullName, keys);
            Console.WriteLine(table);
            Report.Find()?.Replace("memory", table);
            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(string directory, int keys)
    {
        var port = RunningServer.FreePort();
        var figures = new List<(string Who, double Empty, double Full)>
        {
            await MeasureAsync("CmudOrleans: two query grains, the sync grain and the journal", RunningServer.CmudAsync(port, "--count", "2", "--data", Path.Combine(directory, "ours")), port + 1, keys),
        };
        var missing = new List<string>();
        foreach (var (who, program, arguments) in Others(directory))
        {
            if (RunningServer.Find(program) is { } path)
            {
                port = RunningServer.FreePort();
                figures.Add(await MeasureAsync($"{who}: one copy", RunningServer.StartAsync(path, ["--port", $"{port}", "--bind", "127.0.0.1", .. arguments], port), port, keys));
            }
            else missing.Add($"\nSkipped: {who} ({program})");
        }

        return string.Join('\n', [
            Text($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {keys:N0} keys of 16 bytes, values of {ValueBytes}, put once in the order of keys. Resident memory of the process, {Rest.TotalSeconds:0} s after the last of them."),
            "",
            "| server | empty (MiB) | full (MiB) | bytes a key | ours to it, full | target |",
            "|---|---|---|---|---|---|",
            .. figures.Select((one, i) => Text($"| {one.Who} | {one.Empty:N0} | {one.Full:N0} | {(one.Full - one.Empty) * (1 << 20) / keys:N0} | {(i == 0 ? "" : Text($"{figures[0].Full / one.Full:0.00}"))} | {(one.Who.StartsWith("Redis", StringComparison.Ordinal) ? "<= 1.5" : "")} |")),
            .. missing,
        ]);
    }

    private static (string Who, string Program, string[] Arguments)[] Others(string directory) =>
    [
        ("Redis", "redis-server", ["--dir", directory, "--save", "", "--appendonly", "no"]),
        ("Garnet", "garnet-server", []),
    ];

    private static async Task<(string Who, double Empty, double Full)> MeasureAsync(string who, Task<RunningServer> starting, int port, int keys)
    {
        await using var server = await starting;
        var probe = new ServerProbe(server.Port);
        var empty = probe.Memory ?? throw new PlatformNotSupportedException("The memory of another process is read from /proc, which there is none of here.");
        await FillAsync(port, keys);
        // Another program: when its collector is done it tells nobody.
        await Task.Delay(Rest, TimeProvider.System);
        return (who, empty, probe.Memory.Value);
    }

    private static async Task FillAsync(int port, int keys)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        var answers = new byte[5 * Pipeline];
        for (var next = 0; next < keys;)
        {
            var batch = new StringBuilder();
            var first = next;
            for (; next < keys && next < first + Pipeline; next++)
            {
                var (key, value) = (LoadKeys.Key(next), LoadKeys.Value(next, ValueBytes));
                batch.Append(CultureInfo.InvariantCulture, $"*3\r\n$3\r\nSET\r\n${key.Length}\r\n{key}\r\n${value.Length}\r\n{value}\r\n");
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(batch.ToString()));
            var answer = answers.AsMemory(0, 5 * (next - first));
            await stream.ReadExactlyAsync(answer);
            if (answer.Span[0] != (byte)'+' || answer.Span.Count("+OK\r\n"u8) != next - first) throw new InvalidOperationException($"A SET on port {port} was answered by {Encoding.ASCII.GetString(answer.Span[..Math.Min(200, answer.Length)])}.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
