using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Cmud.App.Play;
using Cmud.Tests.Unit.Terminal;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>What a telnet client says of itself.</summary>
/// <param name="Names">Its answers to the question for a terminal, the last one again and again; none for one that speaks no telnet.</param>
/// <param name="TakesRecords">Whether it takes marks at the ends of prompts.</param>
internal sealed record TelnetManner(string[] Names, bool TakesRecords)
{
    /// <summary>One made for MUDs.</summary>
    public static readonly TelnetManner Mud = new(["TESTER", "XTERM", "MTTS 13"], TakesRecords: true);

    /// <summary>Plain telnet at a terminal.</summary>
    public static readonly TelnetManner Terminal = new(["XTERM"], TakesRecords: false);

    /// <summary>A bare socket.</summary>
    public static readonly TelnetManner Raw = new([], TakesRecords: false);
}

/// <summary>A telnet client for tests, which knows nothing of the server's code: a socket, and what a client has to answer.</summary>
internal sealed partial class TelnetClient : IAsyncDisposable
{
    public const int Columns = 60;
    public const int Rows = 24;

    private readonly TcpClient _socket = new();
    private readonly TelnetManner _manner;
    private readonly Transcript _transcript = new(TimeProvider.System);
    private readonly StringBuilder _text = new();
    private readonly HashSet<byte> _on = [];
    private readonly List<byte> _said = [];
    private readonly Lock _lock = new();
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _named;

    private TelnetClient(TelnetManner manner) => _manner = manner;

    /// <summary>All text so far.</summary>
    public string Text
    {
        get
        {
            lock (_lock) return _text.ToString();
        }
    }

    /// <summary>Ends when the server has hung up.</summary>
    public Task HungUp => _reading;

    /// <summary>Connects, and reads from then on.</summary>
    public static async Task<TelnetClient> ConnectAsync(int port, TelnetManner manner)
    {
        var client = new TelnetClient(manner);
        await client._socket.ConnectAsync("127.0.0.1", port);
        client._reading = client.ReadAsync();
        return client;
    }

    /// <summary>Whether the server has an option on, of those that it says that it does.</summary>
    public bool Has(byte option)
    {
        lock (_lock) return _on.Contains(option);
    }

    /// <summary>How often a command came.</summary>
    public int Count(byte command)
    {
        lock (_lock) return _said.Count(said => said == command);
    }

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(params byte[] bytes) => await _socket.GetStream().WriteAsync(bytes);

    /// <summary>Types a line, as the manner is.</summary>
    public Task TypeAsync(string line) => SendAsync(Encoding.UTF8.GetBytes(line + (_manner == TelnetManner.Terminal ? "\r\0" : "\r\n")));

    /// <summary>Types without an end.</summary>
    public Task PressAsync(string keys) => SendAsync(Encoding.UTF8.GetBytes(keys));

    /// <summary>Waits for a text that was not seen before.</summary>
    public async Task SeeAsync(string text)
    {
        if (!await _transcript.FindAsync(text, Within.Patience, CancellationToken.None)) Assert.Fail($"'{text}' did not come; the last lines: {_transcript.Tail()}");
    }

    /// <summary>The screen of a terminal that shows all this; the cursor as |.</summary>
    public string Screen
    {
        get
        {
            var terminal = new FakeTerminal(Columns, Rows);
            terminal.Write(Colour().Replace(Text, "").Replace("\0", "", StringComparison.Ordinal));
            return terminal.Screen;
        }
    }

    /// <summary>Waits until something is so that what the server sends decides.</summary>
    public async Task UntilAsync(Func<TelnetClient, bool> isTrue, string what)
    {
        while (true)
        {
            Task more;
            lock (_lock) more = _more.Task;
            if (isTrue(this)) return;
            try
            {
                await more.WaitAsync(Within.Patience);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"{what} did not come. The text so far:\n{Text}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading.WaitAsync(Within.Patience);
    }

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Colour();

    private async Task ReadAsync()
    {
        var (decoder, piece, held) = (Encoding.UTF8.GetDecoder(), new byte[4096], new List<byte>());
        try
        {
            while (await _socket.GetStream().ReadAsync(piece) is var read and > 0)
            {
                held.AddRange(piece[..read]);
                var text = new List<byte>();
                while (held.Count > 0 && LengthOf(held) is var length and > 0)
                {
                    if (held[0] != 255) text.Add(held[0]);
                    else await HearAsync([.. held.Take(length)]);
                    held.RemoveRange(0, length);
                }

                var chars = new char[text.Count + 1];
                Take(new(chars, 0, decoder.GetChars([.. text], chars, flush: false)));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The test has hung up, or the server has cut the line.
        }
    }

    private void Take(string text)
    {
        lock (_lock)
        {
            _text.Append(text);
            _more.TrySetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _transcript.Add(text.Replace("\r", "", StringComparison.Ordinal));
    }

    /// <summary>The length of what is first, or 0 where it is not whole.</summary>
    private static int LengthOf(List<byte> bytes) => bytes switch
    {
        [not 255, ..] => 1,
        [255, 250, ..] => bytes.Zip(bytes.Skip(1)).TakeWhile(static pair => pair != (255, 240)).Count() + 2 is var length && length <= bytes.Count ? length : 0,
        [255, >= 251 and <= 254, _, ..] => 3,
        [255, >= 251 and <= 254] or [255] => 0,
        _ => 2,
    };

    private async Task HearAsync(byte[] said)
    {
        if (_manner == TelnetManner.Raw) return;

        lock (_lock)
        {
            _said.Add(said[1]);
            if (said is [_, 251, var on]) _on.Add(on);
            if (said is [_, 252, var off]) _on.Remove(off);
        }

        await (said switch
        {
            [_, 253, 24] => SendAsync(255, 251, 24),
            [_, 253, 31] => SendAsync(255, 251, 31, 255, 250, 31, 0, Columns, 0, Rows, 255, 240),
            [_, 253, var other] => SendAsync(255, 252, other),
            [_, 250, 24, 1, ..] => SendAsync([255, 250, 24, 0, .. Encoding.ASCII.GetBytes(_manner.Names[Math.Min(_named++, _manner.Names.Length - 1)]), 255, 240]),
            [_, 251, 25] => SendAsync(255, _manner.TakesRecords ? (byte)253 : (byte)254, 25),
            [_, 251, 1 or 3] => SendAsync(255, 253, said[2]),
            [_, 251, 70] when _manner.TakesRecords => SendAsync(255, 253, 70),
            [_, 251, var other] => SendAsync(255, 254, other),
            [_, 252, 1 or 3] => SendAsync(255, 254, said[2]),
            _ => Task.CompletedTask,
        });
        Take("");
    }
}
