using Cmud.Silo;

return await new ServerCommand(Console.Out, Console.Error).Run(args);
