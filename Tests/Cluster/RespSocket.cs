using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cmud.Tests.Cluster;

/// <summary>A RESP connection that shows what it is told as text: elements of arrays are parted by blanks, and errors are what they say.</summary>
internal sealed class RespSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _connection;
    private readonly BufferedStream _stream;

    private RespSocket(TcpClient connection) => (_connection, _stream) = (connection, new(connection.GetStream()));

    /// <summary>Connects.</summary>
    /// <param name="port">Of loopback.</param>
    /// <param name="from">The client's address; any where left out.</param>
    public static async Task<RespSocket> OpenAsync(int port, IPAddress? from = null)
    {
        var connection = from is null ? new TcpClient() : new TcpClient(new IPEndPoint(from, 0));
        await connection.ConnectAsync("127.0.0.1", port);
        connection.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        return new(connection);
    }

    /// <summary>Sends a command, and reads its reply.</summary>
    public async Task<string> SayAsync(params string[] words)
    {
        await SendAsync(words);
        return Read();
    }

    /// <summary>Sends a command, and no more.</summary>
    public async Task SendAsync(params string[] words)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (var word in words) text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await _connection.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Reads the next reply; nothing else goes on meanwhile.</summary>
    public string Read()
    {
        var line = ReadLine();
        var rest = line[1..];
        switch (line[0])
        {
            case '$' when rest == "-1":
                return "(nil)";
            case '$':
                var bytes = new byte[int.Parse(rest, CultureInfo.InvariantCulture) + 2];
                _stream.ReadExactly(bytes);
                return Encoding.UTF8.GetString(bytes.AsSpan()[..^2]);
            case '*':
                return string.Join(' ', Enumerable.Range(0, int.Parse(rest, CultureInfo.InvariantCulture)).Select(_ => Read()));
            default:
                return rest;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _connection.Dispose();
    }

    private string ReadLine()
    {
        var line = new List<byte>();
        while (true)
        {
            var read = _stream.ReadByte();
            if (read < 0) throw new IOException("The server hung up.");
            if (read == '\n') return Encoding.UTF8.GetString(line.ToArray().AsSpan()[..^1]);
            line.Add((byte)read);
        }
    }
}
