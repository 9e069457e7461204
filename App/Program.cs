using System.Security.Cryptography;
using Cmud.App;
using Cmud.App.Play;
using Cmud.Client;
using Cmud.Game.Play;

using var streams = Streams.OfProcess();
var host = new PlayHost(
    streams, TerminalEnvironment.OfProcess(), TimeProvider.System,
    static (screen, options, client) => new PlaySession(new ClientWorldStore(client), TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), screen, "terminal", options.ScreenReader));
return await new CommandTree(streams, async (options, cancellationToken) => await CmudClient.ConnectAsync(options, cancellationToken), host.RunAsync).RunAsync(args);
